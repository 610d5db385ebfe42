import { Failure } from '../base/index.ts';
import { fetchToolsOf, toolsOf } from '../engine/preconditions/step-tools.ts';
import type { StepSources } from '../engine/sources/step-sources.ts';
import { findTool, installCommand, installPackages, installPrivilege, packageOf } from '../host/index.ts';
import type { Plan, PlannedStep } from '../recipe/index.ts';
import { preview, type PlanOptions } from './plan-options.ts';
import { askTeam } from './sources/ask-team.ts';
import type { Workspace } from './workspace.ts';

/**
 * Makes sure that the host has the programs a run will start for what neither its store nor the team's cache has. With
 * `installTools` it installs what is missing: named and asked for on a terminal, done at once where none exists.
 * @throws Failure 'missing-tools' with the command that installs them
 */
export async function readyTools(
  workspace: Workspace,
  plan: Plan,
  sources: StepSources,
  options: PlanOptions & {
    readonly installTools?: boolean;
    readonly offline?: boolean;
    readonly signal: AbortSignal;
    /** Nothing is run: only what fetches sources is needed. */
    readonly fetchOnly?: boolean;
    /** Workers make the steps, but for those that run on this host. */
    readonly workers?: string;
  },
): Promise<void> {
  const onHost = options.environment === 'host';
  const ofStep = options.fetchOnly === true ? fetchToolsOf : (step: PlannedStep) => toolsOf(step, onHost);
  const missingOf = (steps: readonly PlannedStep[]): string[] =>
    [...new Set(steps.flatMap(ofStep))].filter((tool) => findTool(tool) === undefined);
  const here = options.workers === undefined ? plan.steps : plan.steps.filter(isOnHost);
  if (missingOf(here).length === 0) return;
  const team = askTeam({
    ...{ store: workspace.store, plan, sources, onHost, signal: options.signal },
    offline: options.offline === true || options.fetchOnly === true,
  });
  const previews = await preview(workspace, plan, sources, options, team).catch(() => undefined);
  const made = new Set(
    previews?.flatMap(({ step, verdict }) => (verdict === 'cached' || verdict === 'team' ? [step] : [])),
  );
  const waiting = here.filter(({ name }) => !made.has(name));
  const missing = missingOf(waiting);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(packageOf))];
  // For the day when the same run is asked for in a namespace without a network, where nothing can be installed.
  if (packages.includes('mmdebstrap') && !packages.includes('fakechroot')) packages.push('fakechroot');
  const privilege = installPrivilege(process.stdin.isTTY);
  if (options.installTools !== true || privilege === 'none' || !(await agreed(packages))) {
    throw new Failure(
      'missing-tools',
      `this run needs host packages that are not installed: ${packages.join(' ')}`,
      { hint: hintFor(missing, packages, waiting) },
    );
  }
  console.error(`Installing host packages: ${packages.join(' ')}`);
  await installPackages(packages, privilege);
}

function isOnHost({ recipe }: PlannedStep): boolean {
  return recipe.environment.value.kind === 'host';
}

/** A buildroot is made by apt and dpkg themselves: where they cannot be had, what it is needed for is brought along. */
function hintFor(
  missing: readonly string[],
  packages: readonly string[],
  waiting: readonly PlannedStep[],
): string {
  if (findTool('apt-get') !== undefined) return `Install them: ${installCommand(packages)}`;
  const names = waiting.flatMap(({ name, buildroot }) => (buildroot === undefined ? [] : [name]));
  const lines = [`This host has no apt; install these programs by its own means: ${missing.join(', ')}`];
  if (names.length > 0)
    lines.push(
      `They make ${names.join(', ')}. Where that has been made, \`cidermill bundle NAME FILE --with-results\` writes a file that needs none of them here: \`cidermill run --from-bundle FILE\``,
    );
  return lines.join('\n');
}

async function agreed(packages: readonly string[]): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`Install the host packages ${packages.join(' ')} by apt? [Y/n] `);
    return /^(y|yes|)$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
