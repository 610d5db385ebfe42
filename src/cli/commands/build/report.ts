import { Command } from 'commander';
import { openWorkspace } from '../../workspace.ts';
import { printable } from '../../../text/printable.ts';

export function reportCommand(): Command {
  const command = new Command('report')
    .description(
      'Write a page about a run: what ran and why, when, what it made, what failed, with pictures.',
    )
    .argument('[run]', 'its ID, the beginning of it, or a file; by default the newest run of this project')
    .option('-o, --output <file>', 'where to write it; "-" is standard output', 'report.html')
    .option('--trace <file>', 'write the times instead, as Chrome trace events for Perfetto or speedscope')
    .addHelpText(
      'after',
      `
Examples:
  cidermill report
  cidermill report 20260102T0304 -o release/report.html
  cidermill report --trace run.json

The page is one file without scripts and without addresses: it can be mailed, attached to a CI job, printed.`,
    )
    .action(
      async (named: string | undefined, flags: { readonly output: string; readonly trace?: string }) => {
        const { findRun } = await import('../../../engine/runs/index.ts');
        const { chromeTrace, productParts, reportPage, timelineOf } =
          await import('../../../report/index.ts');
        const { store, project } = openWorkspace(command);
        const run = findRun(store, named, project.root);
        const timeline = timelineOf(run);
        if (flags.trace !== undefined) {
          await writeOut(flags.trace, chromeTrace(timeline, run.header.pipeline));
          return;
        }
        const parts = run.events.flatMap((event) =>
          event.type === 'product-published' ? [productParts(event)] : [],
        );
        await writeOut(flags.output, reportPage(run, timeline, parts));
      },
    );
  return command;
}

/** @throws Failure 'cannot-write' */
async function writeOut(path: string, text: string): Promise<void> {
  if (path === '-') {
    process.stdout.write(text);
    return;
  }
  const { writeFile } = await import('node:fs/promises');
  const { byRename } = await import('../../../image/index.ts');
  await byRename(path, (partial) => writeFile(partial, text));
  console.error(`${printable(path)} is written`);
}
