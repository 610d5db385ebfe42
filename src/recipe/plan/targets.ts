import { InvalidError } from '../../base/index.ts';
import { reportUnknownParameter } from './bind-step.ts';
import { buildrootFile, pipelineFile, recipeFile } from '../project/load.ts';
import { holdsReferences } from '../files/parameter/shape.ts';
import { valueOfNode } from '../files/parameter/value.ts';
import type { Buildroot, Recipe } from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import { valueOfOverride } from './override.ts';
import { applyParameters, defaultsOf } from '../files/recipe-template.ts';
import type { ParameterValue } from '../../step/protocol.ts';
import type { Report } from '../../yaml/faults.ts';
import type { PipelineStep } from '../files/pipeline-file.ts';
import { startPlanning, type Overrides, type Planning } from './planning.ts';
import { namesIn, type LoadedFile, type Project } from '../project/project.ts';

/** Recipes and buildroots whose sources and packages can be locked. */
export interface Targets {
  /** A recipe whose sources depend on parameters: once for each way it is used. */
  readonly recipes: readonly Recipe[];
  readonly buildroots: readonly Buildroot[];
  /** The names that nothing has. */
  readonly unknown: readonly string[];
}

/**
 * What names stand for: a pipeline for its recipes and their buildroots, a recipe and a buildroot for themselves;
 * no names for all recipes and buildroots of the project itself.
 * @param set parameters of the recipes named
 * @throws InvalidError with the faults of all files involved
 */
export function targetsOf(project: Project, names: readonly string[], set: Overrides = {}): Targets {
  const recipes = new Map<string, LoadedFile<Recipe>>();
  const buildroots = new Map<string, LoadedFile<{ readonly buildroot: Buildroot }>>();
  const others: LoadedFile<unknown>[] = [];
  const used = new Set<Recipe>();
  const unknown: string[] = [];
  const add = <T>(to: Map<string, LoadedFile<T>>, name: string, file: LoadedFile<T> | undefined): boolean => {
    if (file !== undefined) to.set(name, file);
    return file !== undefined;
  };
  if (names.length === 0) {
    for (const name of namesIn(project, 'recipes', true)) add(recipes, name, recipeFile(project, name));
    for (const name of namesIn(project, 'recipes/buildroots', true))
      add(buildroots, name, buildrootFile(project, name));
  }
  for (const name of names) {
    const isRecipe = add(recipes, name, recipeFile(project, name));
    const isBuildroot = add(buildroots, name, buildrootFile(project, name));
    const pipeline = pipelineFile(project, name);
    if (pipeline === undefined) {
      if (!isRecipe && !isBuildroot) unknown.push(name);
      continue;
    }
    others.push(pipeline);
    for (const step of pipeline.value?.steps.values() ?? []) {
      if (step.recipe === undefined) continue;
      const file = recipeFile(project, step.recipe.value);
      if (file !== undefined) others.push(file);
      const recipe = file?.value && applyParameters(file.value, literalsOf(file.value, step), ignore);
      if (recipe !== undefined) used.add(recipe);
      const environment = recipe?.environment.value;
      if (environment?.kind === 'buildroot')
        add(buildroots, environment.name, buildrootFile(project, environment.name));
    }
  }
  const planning = startPlanning(project, names.join(' '), set);
  for (const { value: recipe } of recipes.values())
    if (recipe !== undefined) used.add(withSettings(recipe, planning));
  planning.finish();
  const faults = [...others, ...recipes.values(), ...buildroots.values()].flatMap(
    ({ diagnostics }) => diagnostics,
  );
  if (faults.length > 0) throw new InvalidError(faults, project.memory.texts);
  return {
    recipes: [...used],
    buildroots: [...buildroots.values()].flatMap(({ value }) =>
      value === undefined ? [] : [value.buildroot],
    ),
    unknown,
  };
}

/** A plan reports what is wrong with a step; here it only does not count. */
const ignore: Report = () => undefined;

/** What a step gives its recipe in plain words; the rest has its default. */
function literalsOf(recipe: Recipe, step: PipelineStep): Map<string, Located<ParameterValue>> {
  const values = new Map<string, Located<ParameterValue>>();
  for (const [name, { value: node }] of step.with) {
    const parameter = recipe.parameters.get(name);
    if (parameter === undefined || node === undefined || holdsReferences(node)) continue;
    const value = valueOfNode(node, parameter, ignore);
    if (value !== undefined) values.set(name, value);
  }
  return new Map([...defaultsOf(recipe.parameters, ignore, values), ...values]);
}

function withSettings(recipe: Recipe, { settings, report }: Planning): Recipe {
  const values = new Map<string, Located<ParameterValue>>();
  for (const [name, setting] of settings) {
    const parameter = recipe.parameters.get(name);
    if (parameter === undefined) reportUnknownParameter(recipe, name, setting.key, report);
    else {
      const value = valueOfOverride(setting, parameter, report);
      if (value !== undefined) values.set(name, value);
    }
  }
  return applyParameters(
    recipe,
    new Map([...defaultsOf(recipe.parameters, report, values), ...values]),
    report,
  );
}
