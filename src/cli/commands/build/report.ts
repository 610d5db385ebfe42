import { Command } from 'commander';
import { openWorkspace } from '../../workspace.ts';

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
        const { writeOut, writeReport } = await import('../../write-report.ts');
        const { store, project } = openWorkspace(command);
        const run = findRun(store, named, project.root);
        if (flags.trace === undefined) {
          await writeReport(flags.output, run);
          return;
        }
        const { chromeTrace, timelineOf } = await import('../../../report/index.ts');
        await writeOut(flags.trace, chromeTrace(timelineOf(run), run.header.pipeline));
      },
    );
  return command;
}
