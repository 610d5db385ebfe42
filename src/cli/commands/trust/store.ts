import { Command, InvalidArgumentError, Option } from 'commander';
import { verifyStore } from '../../../store/index.ts';
import { Failure } from '../../../base/index.ts';
import { parseSize } from '../../../recipe/index.ts';
import { openWorkspace } from '../../workspace.ts';
import { formatBytes, formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';

export function storeCommand(): Command {
  const command = new Command('store').description(
    'Show what the store holds, check it, and make room in it.',
  );
  command.addCommand(listStore(command)).addCommand(verify(command)).addCommand(gc(command));
  return command;
}

function listStore(parent: Command): Command {
  const command = new Command('list')
    .description(
      'List the artifacts in the store, newest first, by the pipeline and the step that used each last.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill store list | head')
    .action(async (flags: { readonly json?: boolean }) => {
      const { listArtifacts } = await import('../../../engine/index.ts');
      const artifacts = listArtifacts(openWorkspace(parent, { anyFolder: true }).store);
      if (flags.json === true) {
        console.log(JSON.stringify(artifacts, null, 2));
        return;
      }
      for (const { key, script, pipeline, step, size, used } of artifacts) {
        const name = pipeline === undefined ? script : `${pipeline}  ${step ?? ''}`;
        const line = `${key.slice(0, 12)}  ${formatBytes(size).padStart(10)}  ${used.toISOString().slice(0, 10)}  `;
        console.log(line + printable(name));
      }
      console.log(`${artifacts.length} artifacts`);
    });
  return command;
}

function verify(parent: Command): Command {
  const command = new Command('verify')
    .description(
      'Hash every blob and unpacked tree and read every action; remove what killed runs left behind.',
    )
    .option('--mend', 'remove what is damaged and everything made from it; the next run makes it again')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill store verify
  cidermill store verify --mend

Exit codes: 0 sound, or mended; 1 something is damaged`,
    )
    .action(async (flags: { readonly mend?: boolean; readonly json?: boolean }) => {
      const mend = flags.mend === true;
      const report = await verifyStore(openWorkspace(parent, { mend, anyFolder: true }).store, { mend });
      if (flags.json === true) console.log(JSON.stringify(report, null, 2));
      else {
        const counts = `${formatCount(report.actions, 'action')}, ${formatCount(report.trees, 'unpacked tree')}`;
        console.log(`${formatCount(report.blobs, 'blob')}, ${formatBytes(report.bytes)}, ${counts}`);
        if (report.cleared > 0)
          console.log(`cleared the leftovers of ${formatCount(report.cleared, 'killed run')}`);
        if (report.incomplete.length > 0)
          console.log(`${report.incomplete.length} actions lack a blob: they will run again`);
        if (report.tainted.length > 0)
          console.log(`${report.tainted.length} actions made something damaged, or were made from it`);
      }
      if (report.faults.length > 0 && flags.mend !== true) {
        throw new Failure('store-damaged', `the store is damaged:\n${report.faults.join('\n')}`, {
          hint: 'Run `cidermill store verify --mend` to remove what is damaged; the next run makes it again.',
        });
      }
      if (flags.json !== true)
        console.log(report.faults.length > 0 ? `removed:\n${report.faults.join('\n')}` : 'sound');
    });
  return command;
}

function gc(parent: Command): Command {
  const command = new Command('gc')
    .description(
      'Remove what the lock, the products and the newest runs do not need, oldest first, down to a budget.',
    )
    .addOption(
      new Option('--budget <size>', 'how much the store may hold')
        .argParser(size)
        .default(20 * 2 ** 30, '20G'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill store gc --budget 5G')
    .action(async (flags: { readonly budget: number; readonly json?: boolean }) => {
      const { gcStore } = await import('../../../engine/index.ts');
      const workspace = openWorkspace(parent, { anyFolder: true });
      const report = await gcStore(workspace.store, workspace.project, flags.budget);
      if (flags.json === true) {
        console.log(JSON.stringify(report, null, 2));
        return;
      }
      console.log(
        `removed ${formatCount(report.actionsRemoved, 'action')} and ${formatCount(report.blobsRemoved, 'blob')}: ` +
          `${formatBytes(report.before)} → ${formatBytes(report.after)}`,
      );
      if (report.needed > flags.budget) {
        console.log(
          `${formatBytes(report.needed)} are needed by the lock and the newest runs: more than the budget.`,
        );
      }
    });
  return command;
}

function size(text: string): number {
  const value = parseSize(text);
  if (value === undefined) throw new InvalidArgumentError('Expected a size such as 512M or 20G.');
  return value;
}
