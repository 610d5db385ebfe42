import { Failure } from '../../base/index.ts';
import type { Preview } from '../../engine/index.ts';
import { openStepSources, type StepSources } from '../../engine/sources/step-sources.ts';
import type { Plan } from '../../recipe/index.ts';
import { preview, type PlanOptions } from '../plan-options.ts';
import type { Workspace } from '../workspace.ts';

/**
 * Refuses a plan whose artifacts here were made with stand-ins for what had vanished, unless they are asked for.
 * @param act what `--drifted` does with them: "verifies"
 * @throws Failure 'drifted'
 */
export async function refuseDrifted(
  workspace: Workspace,
  plan: Plan,
  options: PlanOptions,
  act: string,
): Promise<void> {
  if (options.drifted === true) return;
  const { store, project } = workspace;
  const sources = openStepSources(store, project, plan, { drifted: true, updateVanished: false });
  const previews = await preview(workspace, plan, sources, options);
  const changes = [...driftedSteps(previews, sources).values()].flat();
  if (changes.length > 0) throw wasDrifted(plan.pipeline, changes, act);
}

/** Step → how its sources differ from what is pinned, of the steps whose sources do. */
export function driftedSteps(
  previews: readonly Preview[],
  sources: StepSources,
): ReadonlyMap<string, readonly string[]> {
  const all = previews.map(({ step, action }): [string, readonly string[]] => [
    step,
    action === undefined ? [] : sources.changes(step, action.sources),
  ]);
  return new Map(all.filter(([, changes]) => changes.length > 0));
}

/** @param act what `--drifted` does with it */
export function wasDrifted(name: string, changes: readonly string[], act: string): Failure {
  const distinct = [...new Set(changes)];
  const differ = distinct.length === 1 ? '1 package differs' : `${distinct.length} packages differ`;
  return new Failure(
    'drifted',
    `${name} was not made here by the known-good toolchain: ${differ} (${distinct.join('; ')})`,
    {
      hint: `--drifted ${act} it as it is. recipes/lock.local.yaml names the packages used in place of vanished ones.`,
    },
  );
}
