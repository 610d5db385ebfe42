import type { ParameterValue } from '../../step/protocol.ts';
import { assembleSteps, type PlanOptions } from './assemble.ts';
import { addDefaults, reportUnknownParameter, type BoundStep } from './bind-step.ts';
import { pipelineFile, recipeFile, reportUnknown } from '../project/load.ts';
import type { Binding, Plan, PlannedParameter, Recipe } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { planPipeline, tablesOf } from './plan-pipeline.ts';
import { startPlanning, type Overrides, type Planning } from './planning.ts';
import { namesIn, type Project } from '../project/project.ts';
import { bindFile } from './scope.ts';
import { valueOfOverride } from './override.ts';
import { locate, shorten } from '../../yaml/shape.ts';
import { suggestOrList } from '../../yaml/suggest.ts';

/**
 * A plan for a pipeline, or else for the recipe of that name.
 * @throws InvalidError with every fault of every file involved
 */
export function planNamed(
  project: Project,
  name: string,
  overrides: Overrides = {},
  options: PlanOptions = {},
): Plan {
  if (pipelineFile(project, name) !== undefined) return planPipeline(project, name, overrides, options);
  if (recipeFile(project, name) !== undefined) return planRecipe(project, name, overrides, options);
  throw unknownTarget(project, name, overrides, options);
}

/** What is said of a name that neither a pipeline nor a recipe has. */
export function unknownTarget(
  project: Project,
  name: string,
  overrides: Overrides = {},
  options: PlanOptions = {},
): unknown {
  const planning = startPlanning(project, name, overrides, options.sources);
  planning.report(
    'unknown-pipeline',
    planning.target,
    `There is no pipeline or recipe "${name}".`,
    () =>
      suggestOrList(
        name,
        [...namesIn(project, 'pipelines'), ...namesIn(project, 'recipes')],
        'pipelines and recipes',
      ) ?? 'See `cidermill list`.',
  );
  try {
    planning.finish();
  } catch (error) {
    return error;
  }
  return new Error('a fault was reported and not thrown');
}

/**
 * A recipe as a pipeline of one step, whose inputs are the user's own files and whose product is all it makes.
 * @throws InvalidError with every fault of every file involved
 */
export function planRecipe(
  project: Project,
  name: string,
  overrides: Overrides = {},
  options: PlanOptions = {},
): Plan {
  const planning = startPlanning(project, name, overrides, options.sources);
  const loaded = recipeFile(project, name);
  if (loaded === undefined) reportUnknown(project, 'recipes', name, planning.target, planning.report);
  const recipe = loaded && planning.use(loaded);
  const step = recipe && bindRecipe(planning, recipe);
  const steps = step === undefined ? [] : assembleSteps(planning, [step], undefined, options);
  planning.finish();
  if (recipe === undefined) throw new Error(`the recipe ${name} has no fault and no plan`);
  const { summary, file, outputs } = recipe;
  const from = new Map(
    [...outputs].map(([output, place]) => [
      output,
      locate({ kind: 'output', step: name, output } as const, place),
    ]),
  );
  const products = [{ name, from, papers: [], next: [], file: place(recipe).file, span: place(recipe).span }];
  const parameters = new Map<string, PlannedParameter>();
  for (const [key, { value }] of step?.parameters ?? []) parameters.set(key, { kind: 'value', value });
  for (const [key, { value }] of step?.inputs ?? []) parameters.set(key, value);
  return {
    pipeline: name,
    parameters,
    summary,
    root: project.root,
    file,
    steps,
    products,
    tables: tablesOf(steps.map((each) => each.recipe.parameters)),
    unneeded: [],
  };
}

function bindRecipe(planning: Planning, recipe: Recipe): BoundStep {
  const { report, settings, target, project } = planning;
  const parameters = new Map<string, Located<ParameterValue>>();
  const inputs = new Map<string, Located<Binding>>();
  for (const [name, setting] of settings) {
    const parameter = recipe.parameters.get(name);
    if (parameter !== undefined) {
      const value = valueOfOverride(setting, parameter, report);
      if (value !== undefined) parameters.set(name, value);
    } else if (recipe.inputs.has(name)) {
      const path = valueOfOverride(setting, { type: 'file' }, report);
      const binding = path && bindFile(String(path.value), path, project.cwd, planning);
      if (binding !== undefined) inputs.set(name, binding);
    } else {
      reportUnknownParameter(recipe, name, setting.key, report);
    }
  }
  addDefaults(recipe, parameters, target, (name) => settings.has(name), report);
  for (const [name, summary] of recipe.inputs) {
    if (settings.has(name)) continue;
    const what = `the input "${name}" (${shorten(summary.value)})`;
    const hint = `Give a file with --set ${name}=FILE.`;
    report('missing-input', target, `The recipe ${recipe.name} needs ${what}.`, hint);
  }
  return { name: recipe.name, recipe, parameters, inputs, ...place(recipe) };
}

/** A recipe stands where its script is named. */
function place({ script: { file, span } }: Recipe): Pick<BoundStep, 'file' | 'span'> {
  return { file, span };
}
