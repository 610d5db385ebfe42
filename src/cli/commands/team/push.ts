import { Command } from 'commander';
import { Failure } from '../../../base/index.ts';
import { onInterrupt } from '../../interrupt.ts';
import { addPlanOptions, driftedOption, type PlanOptions } from '../../plan-options.ts';
import { withProgress } from '../../reporters/progress-line.ts';
import {
  addRemoteOptions,
  referenceHelp,
  withRemote,
  type RemoteFlags,
} from '../../registry/remote-options.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import { openWorkspace } from '../../workspace.ts';

interface Flags extends PlanOptions, RemoteFlags {
  readonly containsAppleSoftware?: boolean;
  readonly sign?: string;
  readonly json?: boolean;
}

export function pushCommand(): Command {
  const command = new Command('push')
    .description('Push a product to an OCI registry: only what the registry does not have yet is sent.')
    .argument('<product>', 'a product by its name, or a folder')
    .argument('<reference>', 'HOST[:PORT]/REPOSITORY:TAG')
    .option(
      '--contains-apple-software',
      'push also what came from an installer or a disk of yours, to a registry that cidermill.yaml calls private',
    )
    .option('--sign <key>', 'sign its provenance and its test result with an SSH key')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Disks travel in chunks of 1 MiB; a new version uses the packs of the tag before it again. A push that was interrupted
is gone on with when it is given again.
${referenceHelp}

Examples:
  cidermill push toolchain registry.example/team/toolchain:1
  cidermill push artifacts/ready-image registry.example:5000/team/mac:2 --contains-apple-software

Exit codes: 0 pushed, 1 the registry or the product is at fault, 2 wrong use, 130 interrupted`,
    )
    .action(async (product: string, reference: string, flags: Flags) => {
      const registry = await import('../../../registry/index.ts');
      const { openSession, temporaryFolder } = await import('../../../store/index.ts');
      const { loadSettings } = await import('../../../recipe/index.ts');
      const { findPushable, signPapers } = await import('../../registry/pushable.ts');
      const { appleSoftware, checkAppleSoftware, licenceTravels } =
        await import('../../registry/apple-software.ts');
      const workspace = openWorkspace(command);
      const signal = onInterrupt();
      const session = await openSession(workspace.store);
      try {
        const folder = temporaryFolder(workspace.store, 'push');
        const { tag, digest, host } = registry.parseReference(reference);
        if (tag === undefined || digest !== undefined)
          throw new Failure('usage', `${reference} has no tag, or a digest: a push makes a tag`, {
            hint: 'Give HOST[:PORT]/REPOSITORY:TAG.',
          });
        const found = await findPushable(workspace, product, flags, folder);
        const signatures = flags.sign === undefined ? [] : await signPapers(found, flags.sign, folder);
        const { private: privateHosts } = loadSettings(workspace.project.root).registry;
        const isApples = checkAppleSoftware(found, host, flags.containsAppleSoftware === true, privateHosts);
        if (isApples) console.error(licenceTravels);
        const pushed = await withRemote(reference, flags, { writes: true, signal }, async (remote) => {
          const own = (await registry.readParts(found.folder)).filter(
            ({ path }) => !signatures.some((each) => each.path === path),
          );
          const parts = [...own, ...found.added, ...signatures];
          const before = await registry.versionBefore(remote, tag);
          return withProgress('push', (onProgress) =>
            registry.pushProduct(remote, {
              product: found.name,
              parts,
              tag,
              before,
              stated: found.stated,
              folder,
              signal,
              onProgress,
              annotations: {
                [registry.notes.product]: found.name,
                [registry.notes.gate]: found.gate,
                ...(isApples && { [registry.notes.origin]: appleSoftware }),
              },
            }),
          );
        });
        if (flags.json === true) {
          console.log(JSON.stringify({ reference, gate: found.gate, ...pushed }, null, 2));
          return;
        }
        for (const { path, rewritten } of pushed.disks)
          if (rewritten)
            console.error(
              `note: ${printable(path)} is stored as its disk: pulled, the disk is the same and the file is in canonical form`,
            );
        console.log(
          `${reference}@${pushed.digest}: sent ${formatBytes(pushed.sent)}, ${formatBytes(pushed.present)} were there; ` +
            `${formatCount(pushed.layers, 'layer')}, ${formatCount(pushed.papers, 'paper')}, gate: ${printable(found.gate)}`,
        );
      } finally {
        await session.release();
      }
    });
  return addRemoteOptions(addPlanOptions(command).addOption(driftedOption()));
}
