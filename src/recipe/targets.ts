import { InvalidError } from '../base/index.ts';
import { buildrootFile, pipelineFile, recipeFile } from './load.ts';
import type { Buildroot, Recipe } from './model.ts';
import { namesIn, type LoadedFile, type Project } from './project.ts';

/** Recipes and buildroots whose sources and packages can be locked. */
export interface Targets {
  readonly recipes: readonly Recipe[];
  readonly buildroots: readonly Buildroot[];
  /** The names that nothing has. */
  readonly unknown: readonly string[];
}

/**
 * What names stand for: a pipeline for its recipes and their buildroots, a recipe and a buildroot for themselves;
 * no names for all recipes and buildroots of the project itself.
 * @throws InvalidError with the faults of all files involved
 */
export function targetsOf(project: Project, names: readonly string[]): Targets {
  const recipes = new Map<string, LoadedFile<Recipe>>();
  const buildroots = new Map<string, LoadedFile<{ readonly buildroot: Buildroot }>>();
  const others: LoadedFile<unknown>[] = [];
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
    for (const { recipe } of pipeline.value?.steps.values() ?? []) {
      if (recipe === undefined) continue;
      const file = recipeFile(project, recipe.value);
      add(recipes, recipe.value, file);
      const environment = file?.value?.environment.value;
      if (environment?.kind === 'buildroot')
        add(buildroots, environment.name, buildrootFile(project, environment.name));
    }
  }
  const faults = [...others, ...recipes.values(), ...buildroots.values()].flatMap(
    ({ diagnostics }) => diagnostics,
  );
  if (faults.length > 0) throw new InvalidError(faults, project.memory.texts);
  return {
    recipes: [...recipes.values()].flatMap(({ value }) => (value === undefined ? [] : [value])),
    buildroots: [...buildroots.values()].flatMap(({ value }) =>
      value === undefined ? [] : [value.buildroot],
    ),
    unknown,
  };
}
