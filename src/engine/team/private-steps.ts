import { relative, sep } from 'node:path';
import { packageRoot } from '../../host/index.ts';
import type { Plan, PlannedStep } from '../../recipe/index.ts';
import type { StepSources } from '../sources/step-sources.ts';

/**
 * The steps that took files of the user's, an installer, a disk or a source tree of his own, or what was made from one:
 * their outputs hold what may be nobody else's.
 */
export function privateSteps(
  { steps, root }: Plan,
  sources: Pick<StepSources, 'choices'>,
): ReadonlySet<string> {
  const found = new Set<string>();
  // The plan's order respects what comes after what.
  for (const step of steps) {
    if (step.after.some((name) => found.has(name)) || takesOwn(step, root) || hasOwnSource(step, sources))
      found.add(step.name);
  }
  return found;
}

function takesOwn({ inputs }: PlannedStep, root: string): boolean {
  return [...inputs.values()].some(
    ({ value }) =>
      value.kind === 'file' && ![root, packageRoot].some((each) => isOfProject(each, value.path)),
  );
}

/** A project's own files are where recipes and their scripts are: what lies elsewhere in its folder may be anything. */
function isOfProject(root: string, path: string): boolean {
  const [first = ''] = relative(root, path).split(sep);
  return ['recipes', 'scripts', 'pipelines'].includes(first);
}

function hasOwnSource(step: PlannedStep, sources: Pick<StepSources, 'choices'>): boolean {
  return sources
    .choices(step)
    .some((choice) =>
      [...choice.values()].some((one) => one.kind === 'local' && one.origin.folder !== undefined),
    );
}
