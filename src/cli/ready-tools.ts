import { Failure } from '../base/index.ts';
import { fetchToolsOf, toolsOf } from '../engine/preconditions/step-tools.ts';
import type { StepSources } from '../engine/sources/step-sources.ts';
import { findTool, installCommand, installPackages, installPrivilege, packageOf } from '../host/index.ts';
import type { Plan, PlannedStep } from '../recipe/index.ts';
import { preview, type PlanOptions } from './plan-options.ts';
import type { Workspace } from './workspace.ts';

/**
 * Makes sure that the host has the programs a run will start, if there is anything to run. With `installTools` it
 * installs what is missing: named and asked for on a terminal, done at once where none exists.
 * @throws Failure 'missing-tools' with the command that installs them
 */
export async function readyTools(
  workspace: Workspace,
  plan: Plan,
  sources: StepSources,
  options: PlanOptions & {
    readonly installTools?: boolean;
    readonly offline?: boolean;
    /** Nothing is run: only what fetches sources is needed. */
    readonly fetchOnly?: boolean;
  },
): Promise<void> {
  const onHost = options.environment === 'host';
  const ofStep = options.fetchOnly === true ? fetchToolsOf : (step: PlannedStep) => toolsOf(step, onHost);
  const missing = [...new Set(plan.steps.flatMap(ofStep))].filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0) return;
  const previews = await preview(workspace, plan, sources, options).catch(() => undefined);
  if (previews?.every(({ verdict }) => verdict === 'cached') === true) return;
  const packages = [...new Set(missing.map(packageOf))];
  // For the day when the same run is asked for in a namespace without a network, where nothing can be installed.
  if (packages.includes('mmdebstrap') && !packages.includes('fakechroot')) packages.push('fakechroot');
  const privilege = installPrivilege(process.stdin.isTTY);
  if (options.installTools !== true || privilege === 'none' || !(await agreed(packages))) {
    throw new Failure(
      'missing-tools',
      `this run needs host packages that are not installed: ${packages.join(' ')}`,
      {
        hint: `Install them: ${installCommand(packages)}`,
      },
    );
  }
  console.error(`Installing host packages: ${packages.join(' ')}`);
  await installPackages(packages, privilege);
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
