import { InvalidArgumentError, Option, type Command } from 'commander';
import { Failure } from '../base/index.ts';
import { kernelFolderParameters } from '../host/index.ts';
import { planNamed, type Overrides, type Plan, type Project } from '../recipe/index.ts';
import type { Preview } from '../engine/index.ts';
import type { LazyTeam } from '../engine/team/lazy-team.ts';
import { openStepSources, type DriftOptions, type StepSources } from '../engine/sources/step-sources.ts';
import { showProgress } from './reporters/progress-line.ts';
import type { Workspace } from './workspace.ts';

/** Options of all commands that make a plan. */
export interface PlanOptions {
  readonly set: Overrides;
  readonly environment?: 'host';
  readonly source: Readonly<Record<string, string>>;
  readonly kernelDir?: string;
  /** Pin anew, for this machine, what no archive has any more. */
  readonly updateVanished?: boolean;
  /** Take what was pinned anew so. */
  readonly drifted?: boolean;
}

export function addPlanOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-s, --set <name=value>',
        'a parameter of the pipeline, or a parameter or input of the recipe (may be given again)',
      )
        .argParser(assignment)
        .default({}, 'none'),
    )
    .addOption(
      new Option(
        '--source <recipe.source=folder>',
        "a folder of yours in place of a recipe's source (may be given again)",
      )
        .argParser(replacement)
        .default({}, 'none'),
    )
    .addOption(
      new Option(
        '--kernel-dir <folder>',
        'build kernel modules on the host, in a folder such as /lib/modules/$(uname -r)/build',
      ).implies({ environment: 'host' }),
    )
    .addOption(
      new Option('--environment <kind>', "run on this host's own tools instead of in buildroots").choices([
        'host',
      ]),
    );
}

/** Loads, validates and resolves what was asked for. @throws InvalidError with every fault of the files involved */
export function planOf(project: Project, name: string, options: PlanOptions): Plan {
  const kernel = options.kernelDir === undefined ? {} : kernelFolderParameters(options.kernelDir);
  return planNamed(
    project,
    name,
    { ...options.set, ...kernel },
    {
      onHost: options.environment === 'host',
      sources: options.source,
    },
  );
}

/** The same with all of its sources looked up in the lockfile. @throws InvalidError also for one that is not locked */
export function makePlan(
  workspace: Workspace,
  name: string,
  options: PlanOptions,
): { plan: Plan; sources: StepSources } {
  const plan = planOf(workspace.project, name, options);
  return { plan, sources: openStepSources(workspace.store, workspace.project, plan, driftOptions(options)) };
}

/** `npm test` sets the variable for all that its tests run. */
export function updateVanishedOption(): Option {
  return new Option(
    '--update-vanished',
    'take newer packages, on this machine alone, in place of pinned ones that no archive has any more',
  ).env('CIDERMILL_UPDATE_VANISHED');
}

export function driftedOption(): Option {
  return new Option(
    '--drifted',
    'accept artifacts made with newer packages in place of vanished ones (run --update-vanished)',
  );
}

function driftOptions({ updateVanished = false, drifted = false }: PlanOptions): DriftOptions {
  return { updateVanished, drifted: drifted || updateVanished };
}

/** What a run of the plan would do. @param team the team's cache, where it is to be asked */
export async function preview(
  workspace: Workspace,
  plan: Plan,
  sources: StepSources,
  options: PlanOptions,
  team?: LazyTeam,
): Promise<Preview[]> {
  const { previewRun } = await import('../engine/preview.ts');
  // A file of the user may be as large as a disk.
  const progress = showProgress('hashing');
  return previewRun({
    ...{ store: workspace.store, plan, sources, onHost: options.environment === 'host' },
    ...(team && { team: { find: async (resolved) => (await team.open())?.find(resolved) } }),
    emit: (event) => {
      if (event.type === 'step-hashing') progress.take(event.done, event.total);
    },
  }).finally(progress.end);
}

/** A name that is given again makes a list. */
export function assignment(text: string, before: Overrides): Overrides {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Expected NAME=VALUE.');
  const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
  refuseKey(name, value);
  const earlier = Object.hasOwn(before, name) ? before[name] : undefined;
  return { ...before, [name]: earlier === undefined ? value : [earlier, value].flat() };
}

/** A key given here would stand in the process list, in the store and in what is printed. Test strings say what they are. */
function refuseKey(name: string, value: string): void {
  if (!/osk/i.test(name) || value.startsWith('cidermill')) return;
  throw new Failure(
    'usage',
    'do not give the key by --set: it would be visible in the process list and in the store',
    {
      hint: 'Guests get it by `cidermill boot --osk env:NAME`. A test string for the probe begins with "cidermill".',
    },
  );
}

/** An option's number. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > 1024) {
    throw new InvalidArgumentError('Expected a whole number from 1 to 1024.');
  }
  return value;
}

function replacement(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, name, folder] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || folder === undefined)
    throw new InvalidArgumentError('Expected RECIPE.SOURCE=FOLDER.');
  return { ...before, [name]: folder };
}
