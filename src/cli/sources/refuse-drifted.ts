import { Failure } from '../../base/index.ts';
import { openStepSources } from '../../engine/sources/step-sources.ts';
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
  const changes = new Set(
    previews.flatMap(({ step, action }) =>
      action === undefined ? [] : sources.changes(step, action.sources),
    ),
  );
  if (changes.size === 0) return;
  const differ = changes.size === 1 ? '1 package differs' : `${changes.size} packages differ`;
  throw new Failure(
    'drifted',
    `${plan.pipeline} was not made here by the known-good toolchain: ${differ} (${[...changes].join('; ')})`,
    {
      hint: `--drifted ${act} it as it is. recipes/lock.local.yaml names the packages used in place of vanished ones.`,
    },
  );
}
