import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { Failure } from '../../../base/index.ts';
import { boundProcRemark } from '../../../host/index.ts';
import type { OpenExecutor } from '../../../engine/run-state.ts';
import { runFile } from '../../../engine/runs/kept-runs.ts';
import { formatDuration } from '../../../text/format.ts';
import { rememberUpToDate } from '../../../up-to-date/index.ts';
import type { Reports } from '../../reporters/ci/reports.ts';
import { exitCodes } from '../../exit.ts';
import { addJsonOption, jsonOnOutput } from '../../json-option.ts';
import { refuseUnknownSteps, rebuild, trace } from '../../run-again.ts';
import { onInterrupt } from '../../interrupt.ts';
import { ciSystem } from '../../reporters/ci/system.ts';
import { withPulled } from '../../registry/pulled-settings.ts';
import { showProgress } from '../../reporters/progress-line.ts';
import { openWorkspace, withProject, type Workspace } from '../../workspace.ts';
import type { Reporter } from '../../reporters/reporter.ts';
import {
  addPlanOptions,
  makePlan,
  positive,
  type PlanOptions,
  updateVanishedOption,
} from '../../plan-options.ts';

interface RunFlags extends PlanOptions {
  readonly jobs: number;
  readonly keepGoing?: boolean;
  readonly keepFailed?: boolean;
  readonly rebuild: readonly string[];
  readonly json?: string;
  readonly junit?: string;
  readonly codeQuality?: string;
  readonly report?: string;
  readonly offline?: boolean;
  readonly installTools?: boolean;
  readonly trace?: boolean;
  readonly fromBundle?: string;
  readonly workers?: string;
  readonly trustWorker?: string;
}

export function runCommand(): Command {
  const command: Command = new Command('run')
    .description('Run a pipeline, or a single recipe: steps whose result is cached are not run again.')
    .argument(
      '[name]',
      'a pipeline of pipelines/ or a recipe of recipes/; with --from-bundle by default the one in the bundle',
    )
    .option(
      '-j, --jobs <n>',
      'how many steps run at once, and how many jobs each may use',
      positive,
      availableParallelism(),
    )
    .option('-k, --keep-going', 'after a failure, go on with what does not need the failed step')
    .option(
      '--keep-failed',
      'keep the folder of a step that fails, and say where it is; `store gc` removes it',
    )
    .addOption(
      new Option(
        '--rebuild <step>',
        'run this step again though it is cached, and say if its result differs (may be given again)',
      )
        .argParser((step: string, before: readonly string[]) => [...before, step])
        .default([], 'none'),
    )
    .option('--offline', 'fetch nothing: use only what the store holds')
    .option('--from-bundle <file>', 'run a file that `cidermill bundle` wrote, without a network')
    .option(
      '--workers <address>',
      'have the steps made by the workers of a Redis, redis://… (docs/workers.md)',
    )
    .option('--trust-worker <name>', 'a worker that may have files of yours; else steps on them run here')
    .option('--install-tools', 'install missing host packages by apt (asks first on a terminal)')
    .option(
      '--trace',
      'run each step again under strace and report files it reads that the recipe does not declare',
    )
    .option('--junit <file>', 'write the steps as the test cases of a JUnit file')
    .option('--report <file>', 'write a page about the run, as `cidermill report` does')
    .option('--code-quality <file>', "write faults and failures as GitLab's code quality report")
    .addHelpText(
      'after',
      `
Examples:
  cidermill run quickstart
  cidermill run quickstart --set installer=~/InstallESD.dmg --set disk-size=64G
  cidermill run seabios --jobs 4
  cidermill run dmg-to-iso --set dmg=image.dmg
  cidermill run seabios --environment host --trace
  cidermill run quickstart --rebuild seabios
  cidermill run --from-bundle toolchain.tar
  cidermill run toolchain --json=events.ndjson --report report.html      in CI (docs/ci.md)

Exit codes: 0 done, 1 a step failed, --rebuild found a difference or --trace undeclared reads, 2 wrong use, 130 interrupted`,
    )
    .action(async (given: string | undefined, flags: RunFlags) => {
      if (flags.report !== undefined && flags.report !== '-') {
        const { checkPlace } = await import('../../reporters/write-text.ts');
        checkPlace(flags.report);
      }
      const json = jsonOnOutput(flags.json) ? undefined : flags.json;
      const asked = [json, flags.junit, flags.codeQuality, ciSystem(process.env)];
      const reports = asked.every((each) => each === undefined)
        ? undefined
        : (await import('../../reporters/ci/reports.ts')).openReports(
            { ...flags, name: given ?? 'run', json },
            process.env,
          );
      try {
        process.exitCode = await run(command, given, flags, reports);
      } catch (error) {
        await reports?.fail(error, command.optsWithGlobals<{ directory?: string }>().directory);
        throw error;
      }
      await reports?.end();
    });
  return addPlanOptions(addJsonOption(command)).addOption(updateVanishedOption());
}

/** Runs it; gives the exit code. */
async function run(
  command: Command,
  given: string | undefined,
  flags: RunFlags,
  reports: Reports | undefined,
): Promise<number> {
  const { chooseReporter, tee } = await import('../../reporters/index.ts');
  const { runPlan } = await import('../../../engine/run.ts');
  const signal = onInterrupt();
  const here = openWorkspace(command, { anyFolder: flags.fromBundle !== undefined });
  const { workspace, name, offline, ...what } = await whatToRun(here, given, flags, signal);
  const set = await withPulled(workspace.project, what.set, signal);
  const { plan, sources } = makePlan(workspace, name, { ...flags, set });
  refuseUnknownSteps(plan, flags.rebuild);
  reports?.plan(plan, workspace.project);
  const { readyTools } = await import('../../ready-tools.ts');
  await readyTools(workspace, plan, sources, { ...flags, set, offline, signal });
  const open = async (): Promise<Reporter> => {
    const json = jsonOnOutput(flags.json);
    const placeOf = reports?.placeOf;
    const chosen = await chooseReporter({
      ...{ json, stdout: process.stdout, env: process.env },
      ...(placeOf && { placeOf }),
    });
    return reports === undefined ? chosen : tee([chosen, reports]);
  };
  const options = {
    store: workspace.store,
    plan,
    sources,
    jobs: flags.jobs,
    signal,
    offline,
    onHost: flags.environment === 'host',
  };
  const workers = await workersOf(flags, plan.root);
  const reporter = await open();
  let took = 0;
  const { outcome, id } = await runPlan({
    ...options,
    artifacts: workspace.artifacts,
    keepGoing: flags.keepGoing === true,
    keepFailed: flags.keepFailed === true,
    ...(workers === undefined ? {} : { openExecutor: workers }),
    onEvent: (event) => {
      if (event.type === 'run-finished') took = event.milliseconds;
      reporter.take(event);
    },
  }).finally(() => reporter.close());
  const remark = boundProcRemark();
  if (remark !== undefined) console.error(remark);
  if (flags.report !== undefined) await report(flags.report, workspace.store, id);
  if (outcome !== 'done') return outcome === 'failed' ? exitCodes.failed : exitCodes.interrupted;
  if (flags.rebuild.length > 0) {
    const code = await rebuild({ ...options, steps: flags.rebuild }, await open());
    if (code !== exitCodes.done || flags.trace !== true) return code;
  }
  if (flags.trace === true) return trace(options, await open());
  // Events and reports have times and secrets of their own.
  if (reports === undefined && flags.report === undefined && !jsonOnOutput(flags.json))
    rememberUpToDate(formatDuration(took), id === undefined ? undefined : runFile(workspace.store, id));
  return exitCodes.done;
}

/** Who makes the steps, where this process does not. */
async function workersOf(
  { workers, trustWorker, offline, environment }: RunFlags,
  root: string,
): Promise<OpenExecutor | undefined> {
  if (workers === undefined) return undefined;
  if (offline === true || environment === 'host')
    throw new Failure(
      'usage',
      `--workers and --${offline === true ? 'offline' : 'environment host'} exclude each other`,
    );
  const { openCoordinator } = await import('../../../workers/coordinator/open-coordinator.ts');
  return openCoordinator(workers, root, trustWorker);
}

/** @param id of the run, as it is kept */
async function report(path: string, store: Workspace['store'], id: string | undefined): Promise<void> {
  if (id === undefined)
    throw new Failure('cannot-write', `${path} cannot be written: the store could not keep the run`);
  const { readKeptRun } = await import('../../../engine/runs/index.ts');
  const { writeReport } = await import('../../write-report.ts');
  await writeReport(path, readKeptRun(store, id));
}

interface WhatToRun {
  readonly workspace: Workspace;
  readonly name: string;
  readonly set: PlanOptions['set'];
  readonly offline: boolean;
}

/** What is named, in this project; or what a bundle brings, with its own files and settings. */
async function whatToRun(
  workspace: Workspace,
  name: string | undefined,
  flags: RunFlags,
  signal: AbortSignal,
): Promise<WhatToRun> {
  const { fromBundle, set, offline = false } = flags;
  if (fromBundle === undefined) {
    if (name === undefined)
      throw new Failure('usage', 'nothing to run: give the name of a pipeline or recipe', {
        hint: 'See `cidermill list`.',
      });
    return { workspace, name, set, offline };
  }
  const { openBundle } = await import('../../../engine/bundle/index.ts');
  const progress = showProgress('reading the bundle');
  const { manifest, project } = await openBundle(workspace.store, fromBundle, signal, progress.take).finally(
    progress.end,
  );
  return {
    workspace: project === undefined ? workspace : withProject(workspace, project),
    name: name ?? manifest.pipeline,
    set: { ...manifest.set, ...set },
    offline: true,
  };
}
