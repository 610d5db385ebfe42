import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { Failure } from '../../../base/index.ts';
import { onInterrupt } from '../../interrupt.ts';
import { withProgress } from '../../reporters/progress-line.ts';
import type { Verdict } from '../../../registry/index.ts';
import {
  addRemoteOptions,
  referenceHelp,
  withRemote,
  type RemoteFlags,
} from '../../registry/remote-options.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

interface Flags extends RemoteFlags {
  readonly output?: string;
  readonly seed?: string;
  readonly trust?: string;
  readonly require?: 'boot';
  readonly rebuilders?: string;
  readonly statement?: readonly string[];
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
    .option('--trust <file>', 'take it only when one of these allowed signers has signed its provenance')
    .addOption(
      new Option('--require <proof>', 'take it only with the proof that it has booted').choices(['boot']),
    )
    .option('--rebuilders <n-of-m>', 'take it only when N of the M signers of --trust got the same bytes')
    .option('--statement <files...>', "rebuilders' signed statements, beside those that the product has")
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
      const registry = await import('../../../registry/index.ts');
      const { licenceTravels, appleSoftware } = await import('../../registry/apple-software.ts');
      const signal = onInterrupt();
      for (const file of [flags.trust, ...(flags.statement ?? [])])
        if (file !== undefined && !existsSync(file)) throw new Failure('no-file', `there is no file ${file}`);
      const demands = {
        trust: flags.trust,
        boot: flags.require === 'boot',
        rebuilders: flags.rebuilders,
        statements: flags.statement,
      };
      const output = flags.output ?? basename(registry.parseReference(reference).name);
      const { facts, verdict, pulled } = await withRemote(
        reference,
        flags,
        { signal },
        async (remote, place) => {
          const found = await registry.findProduct(remote, registry.wordOf(place));
          if (found === undefined)
            throw new Failure('not-found', `there is no ${registry.showReference(place)}`);
          const checked: { verdict?: Verdict } = {};
          const done = await withProgress('pull', (onProgress) =>
            registry.pullProduct(remote, found, {
              reference,
              output,
              seed: flags.seed,
              signal,
              onProgress,
              check: async (folder) => {
                checked.verdict = await registry.checkChain(folder, found, demands);
              },
            }),
          );
          return { facts: registry.productFacts(found), verdict: checked.verdict, pulled: done };
        },
      );
      const { digest, gate, contains, files } = facts;
      if (flags.json === true) {
        console.log(
          JSON.stringify({ reference, output, digest, gate, contains, ...verdict, ...pulled }, null, 2),
        );
        return;
      }
      if (contains === appleSoftware) console.error(licenceTravels);
      const proofs = [
        `gate: ${printable(gate)}`,
        ...(verdict?.provenance === true ? [] : ['no provenance']),
        ...(verdict?.signer === undefined ? [] : [`signed by ${printable(verdict.signer)}`]),
        ...(verdict?.rebuilders === undefined ? [] : [`rebuilt alike by ${verdict.rebuilders}`]),
      ];
      console.log(
        `${printable(output)}: ${formatCount(files.length, 'file')}, ` +
          `${pulled.unchanged ? 'as they were' : `${formatBytes(pulled.received)} received`}, ${proofs.join(', ')}, ${digest}`,
      );
    });
  return addRemoteOptions(command);
}
