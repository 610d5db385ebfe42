import type { Place } from '../../base/index.ts';
import type { ParameterValue } from '../../step/protocol.ts';
import { addDefaults, type BoundStep } from './bind-step.ts';
import type { BuildrootFile } from '../files/buildroot-file.ts';
import { buildrootFile, recipeFile, reportUnknown } from '../project/load.ts';
import type { Buildroot, Recipe } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import type { Planning } from './planning.ts';

/** The recipe that makes buildroots. */
const buildrootRecipe = 'buildroot';

export interface BuildrootStep extends BoundStep {
  readonly buildroot: Buildroot;
}

/**
 * The step that makes a buildroot.
 * @param wanted where the buildroot is named
 * @returns undefined when it is unknown or faulty, which has been reported
 */
export function makeBuildrootStep(
  planning: Planning,
  name: string,
  wanted: Place,
): BuildrootStep | undefined {
  const { project, report } = planning;
  const file = buildrootFile(project, name);
  if (file === undefined) reportUnknown(project, 'recipes/buildroots', name, wanted, report);
  const maker = recipeFile(project, buildrootRecipe);
  if (maker === undefined) reportUnknown(project, 'recipes', buildrootRecipe, wanted, report);
  const read = file && planning.use(file);
  const recipe = maker && planning.use(maker);
  if (read === undefined || recipe === undefined || !canMakeBuildroots(planning, recipe)) return undefined;
  return bindBuildroot(planning, read, recipe);
}

function bindBuildroot(planning: Planning, read: BuildrootFile, recipe: Recipe): BuildrootStep {
  const { buildroot, suite, packages } = read;
  const parameters = new Map<string, Located<ParameterValue>>([
    ['suite', suite],
    ['packages', packages],
  ]);
  const { name, file, span } = buildroot;
  addDefaults(recipe, parameters, { file, span }, (parameter) => parameters.has(parameter), planning.report);
  return { name, recipe, parameters, inputs: new Map(), file, span, buildroot };
}

/** A project may have its own recipe for buildroots; the engine relies on this much of it. */
function canMakeBuildroots({ report }: Planning, recipe: Recipe): boolean {
  const { parameters, inputs, outputs, environment } = recipe;
  if (environment.value.kind === 'buildroot') {
    report(
      'cycle',
      environment,
      'The recipe that makes buildroots cannot run in one.',
      'Let it run on the host.',
    );
    return false;
  }
  const fits =
    parameters.get('suite')?.type === 'string' &&
    parameters.get('packages')?.type === 'list' &&
    inputs.size === 0 &&
    outputs.has('root');
  if (!fits) {
    const needs = 'the parameters suite (a string) and packages (a list), no inputs, and the output root';
    report('bad-value', recipe.script, `The recipe that makes buildroots needs ${needs}.`);
  }
  return fits;
}
