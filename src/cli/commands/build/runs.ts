import { Command } from 'commander';
import type { RunComparison, RunFile } from '../../../engine/runs/index.ts';
import { formatDuration } from '../../../text/format.ts';
import { printable, printableLines } from '../../../text/printable.ts';
import { forCi } from '../../reporters/ci/inert.ts';
import { harmlessJson } from '../../reporters/json.ts';
import { openWorkspace } from '../../workspace.ts';

export function runsCommand(): Command {
  const command = new Command('runs').description(
    'Show the runs of this project that are kept, and what differs between two of them.',
  );
  return command
    .addCommand(listCommand(command), { isDefault: true })
    .addCommand(showCommand(command))
    .addCommand(diffCommand(command));
}

function listCommand(parent: Command): Command {
  return new Command('list')
    .description('List them, the newest first (also without the word "list").')
    .option('--all', 'also those of other projects that use the same store')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  cidermill runs')
    .action(async (flags: { readonly all?: boolean; readonly json?: boolean }) => {
      const { keptRuns, readKeptRun } = await import('../../../engine/runs/index.ts');
      const { store, project } = openWorkspace(parent);
      const runs = keptRuns(store)
        .map((id) => summaryOf(readKeptRun(store, id)))
        .filter((run) => flags.all === true || run.project === project.root);
      if (flags.json === true) console.log(JSON.stringify(runs, null, 2));
      else if (runs.length === 0) console.log('no run is kept yet');
      else for (const run of runs) console.log(summaryRow(run, flags.all === true));
    });
}

function showCommand(parent: Command): Command {
  return new Command('show')
    .description('Show the steps of a run: what ran, why, and how long it took.')
    .argument('[run]', 'its ID, the beginning of it, or a file; by default the newest run of this project')
    .option(
      '--json',
      'print the run as one file (NDJSON, docs/events.md), complete for `runs diff` on any machine',
    )
    .addHelpText(
      'after',
      `
Examples:
  cidermill runs show
  cidermill runs show 20260102T0304 --json > run.ndjson    a file for another machine`,
    )
    .action(async (named: string | undefined, flags: { readonly json?: boolean }) => {
      const { findRun, writeRun } = await import('../../../engine/runs/index.ts');
      const { store, project } = openWorkspace(parent);
      const run = findRun(store, named, project.root);
      process.stdout.write(
        flags.json === true ? harmlessJson(writeRun(run)) : `${forCi(shownRun(run).join('\n'))}\n`,
      );
    });
}

function diffCommand(parent: Command): Command {
  return new Command('diff')
    .description(
      'Show which steps of two runs differ, by which parameter, line of a script, source, package or tool.',
    )
    .argument('<before>', 'a run: its ID, the beginning of it, or a file')
    .argument('<after>', 'another')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  cidermill runs diff 20260102T0304 20260103T0911
  cidermill runs diff run.ndjson 20260103T0911

Exit codes: 0 no step differs, 1 steps differ, 2 wrong use`,
    )
    .action(async (before: string, after: string, flags: { readonly json?: boolean }) => {
      const { compareRuns, findRun } = await import('../../../engine/runs/index.ts');
      const { store, project } = openWorkspace(parent);
      const comparison = compareRuns(
        findRun(store, before, project.root),
        findRun(store, after, project.root),
      );
      console.log(
        flags.json === true ? JSON.stringify(comparison, null, 2) : comparisonLines(comparison).join('\n'),
      );
      process.exitCode = isSame(comparison) ? 0 : 1;
    });
}

interface Summary {
  readonly id: string;
  readonly pipeline: string;
  readonly project: string;
  readonly outcome: string;
  readonly milliseconds?: number;
  readonly executed: number;
  readonly cached: number;
  readonly failed: number;
}

function summaryOf({ header, events }: RunFile): Summary {
  const { id, pipeline, project } = header;
  const end = events.find((event) => event.type === 'run-finished');
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  return {
    ...{ id, pipeline, project },
    outcome: end?.outcome ?? 'not finished',
    ...(end === undefined ? {} : { milliseconds: end.milliseconds }),
    executed: end?.executed ?? count('step-done'),
    cached: end?.cached ?? count('step-cached'),
    failed: end?.failed ?? count('step-failed'),
  };
}

function summaryRow(run: Summary, withProject: boolean): string {
  const time = run.milliseconds === undefined ? '' : formatDuration(run.milliseconds);
  const counts = `${run.executed} run, ${run.cached} cached${run.failed > 0 ? `, ${run.failed} failed` : ''}`;
  const columns = [
    run.id,
    printable(run.pipeline).padEnd(16),
    run.outcome.padEnd(12),
    time.padStart(11),
    ` ${counts}`,
  ];
  return `${columns.join('  ')}${withProject ? `  ${printable(run.project)}` : ''}`;
}

function shownRun(run: RunFile): string[] {
  const { header, events } = run;
  const summary = summaryOf(run);
  const width = Math.max(...header.steps.map(({ name }) => name.length));
  const rows = header.steps.flatMap(({ name }) => stepRows(run, name, width));
  const products = events.flatMap((event) =>
    event.type === 'product-published' ? [`${printable(event.product)}: ${printable(event.path)}`] : [],
  );
  const { node, platform, cpu, cpus } = header.machine;
  return [
    summaryRow(summary, false),
    `cidermill ${header.cidermill}, Node.js ${node}, ${platform}, ${cpus} × ${printable(cpu)}`,
    '',
    ...rows,
    ...(products.length > 0 ? ['', ...products] : []),
  ];
}

function stepRows({ events }: RunFile, name: string, width: number): string[] {
  const own = events.filter((event) => 'step' in event && event.step === name);
  const head = printable(name).padEnd(width);
  const why = own.flatMap((event) => (event.type === 'step-started' ? event.why : []));
  const causes = why.map((line) => `${' '.repeat(width)}  ${printable(line)}`);
  const end = own.findLast((event) =>
    ['step-cached', 'step-done', 'step-failed', 'step-skipped'].includes(event.type),
  );
  switch (end?.type) {
    case 'step-cached':
      return [`${head}  cached`];
    case 'step-done':
      return [`${head}  ${formatDuration(end.milliseconds)}`, ...causes];
    case 'step-failed':
      return [`${head}  failed: ${printableLines(end.message)[0] ?? ''}`, ...causes];
    case 'step-skipped':
      return [`${head}  skipped`];
    default:
      return [`${head}  ${why.length > 0 ? 'did not end' : 'did not begin'}`, ...causes];
  }
}

function isSame({ different, onlyBefore, onlyAfter }: RunComparison): boolean {
  return different.length + onlyBefore.length + onlyAfter.length === 0;
}

/** First what differs by itself, then what follows from it. */
function comparisonLines(comparison: RunComparison): string[] {
  const { same, different, onlyBefore, onlyAfter, unknown } = comparison;
  const follows = (step: RunComparison['different'][number]): string => {
    const makers = step.follows.map(({ step: maker, input }) =>
      input === '' ? `the buildroot ${maker}` : `${maker} (its input ${input})`,
    );
    return `follows from ${makers.join(', ')}`;
  };
  const own = different.filter(({ causes }) => causes.length > 0);
  const consequences = different.filter(({ causes }) => causes.length === 0);
  const listed = (title: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${title}: ${names.map(printable).join(', ')}`];
  return [
    ...own.flatMap((step) => [
      printable(step.step),
      ...step.causes.map((cause) => `  ${printable(cause)}`),
      ...(step.follows.length > 0 ? [`  ${printable(follows(step))}`] : []),
    ]),
    ...consequences.map((step) => `${printable(step.step)}  ${printable(follows(step))}`),
    ...listed('only in the first run', onlyBefore),
    ...listed('only in the second run', onlyAfter),
    ...listed('not known, since they did not end in both runs', unknown),
    ...listed('the same', same),
  ];
}
