import { basename } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../base/index.ts';
import { onInterrupt } from '../interrupt.ts';
import { withProgress } from '../text/progress-line.ts';
import { addRemoteOptions, referenceHelp, withRemote, type RemoteFlags } from '../registry/remote-options.ts';
import { formatBytes, formatCount } from '../text/format.ts';
import { printable } from '../text/printable.ts';

interface Flags extends RemoteFlags {
  readonly output?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

export function pullCommand(): Command {
  const command = new Command('pull')
    .description(
      'Pull a product from an OCI registry into a folder: every byte is checked, and only what is missing is fetched.',
    )
    .argument('<reference>', 'HOST[:PORT]/REPOSITORY:TAG, or …@sha256:DIGEST')
    .option('-o, --output <folder>', "the folder to make (default: the repository's last name)")
    .option('--seed <folder>', 'an older version, of which all is taken that is the same')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A folder that was pulled before and is unchanged is replaced, and is itself the older version. A pull that was
interrupted is gone on with when it is given again.
${referenceHelp}

Examples:
  cidermill pull registry.example/team/toolchain:1
  cidermill pull registry.example/team/mac:2 -o mac

Exit codes: 0 pulled, 1 the registry or the product is at fault, 2 wrong use, 130 interrupted`,
    )
    .action(async (reference: string, flags: Flags) => {
      const { findProduct, productFacts, pullProduct, showReference, wordOf } =
        await import('../../registry/index.ts');
      const { licenceTravels, appleSoftware } = await import('../registry/apple-software.ts');
      const signal = onInterrupt();
      const { facts, output, pulled } = await withRemote(
        reference,
        flags,
        { signal },
        async (remote, place) => {
          const found = await findProduct(remote, wordOf(place));
          if (found === undefined) throw new Failure('not-found', `there is no ${showReference(place)}`);
          const folder = flags.output ?? basename(place.name);
          return {
            facts: productFacts(found),
            output: folder,
            pulled: await withProgress('pull', (onProgress) =>
              pullProduct(remote, found, { reference, output: folder, seed: flags.seed, signal, onProgress }),
            ),
          };
        },
      );
      const { digest, gate, contains, files } = facts;
      if (flags.json === true) {
        console.log(JSON.stringify({ reference, output, digest, gate, contains, ...pulled }, null, 2));
        return;
      }
      if (contains === appleSoftware) console.error(licenceTravels);
      console.log(
        `${printable(output)}: ${formatCount(files.length, 'file')}, ` +
          `${pulled.unchanged ? 'as they were' : `${formatBytes(pulled.received)} received`}, gate: ${printable(gate)}, ${digest}`,
      );
    });
  return addRemoteOptions(command);
}
