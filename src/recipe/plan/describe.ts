import type { Place } from '../../base/index.ts';
import { originText } from '../../sources/origin.ts';
import type { Environment, Parameter, Recipe } from '../model.ts';
import { loadPipeline, loadRecipe, pipelineFile, recipeFile } from '../project/load.ts';
import { unknownTarget } from './plan-recipe.ts';
import { displayName, type Project } from '../project/project.ts';

/** A parameter as a person chooses it. */
export interface DescribedParameter {
  readonly name: string;
  readonly type: Parameter['type'];
  readonly summary: string;
  /** As it is written, references too; absent: the user must give one. */
  readonly default?: string;
  /** Of a choice. */
  readonly values?: readonly string[];
  readonly minimum?: string;
  readonly maximum?: string;
  readonly pattern?: string;
}

/** A pipeline or recipe as `cidermill show` tells it. */
export interface Described {
  readonly kind: 'pipeline' | 'recipe';
  readonly name: string;
  readonly summary: string;
  /** Relative to the project, where it lies in it. */
  readonly file: string;
  /** Does it belong to the project, or does it come with the package? */
  readonly own: boolean;
  readonly parameters: readonly DescribedParameter[];
  /** Of a recipe: files or outputs of steps before. */
  readonly inputs: readonly { readonly name: string; readonly summary: string }[];
  /** Origins in order of preference; of a pipeline: those of its recipes. */
  readonly sources: readonly { readonly name: string; readonly origins: readonly string[] }[];
  /** Of a recipe: where its commands run. */
  readonly environment?: Environment;
  /** Programs of the host that it starts, beside those that every run needs. */
  readonly hostTools: readonly string[];
  /** Of a recipe. */
  readonly script?: string;
  /** Of a recipe: what it makes. */
  readonly outputs: readonly { readonly name: string; readonly path: string; readonly summary: string }[];
  /** Of a pipeline. */
  readonly steps: readonly { readonly name: string; readonly recipe: string; readonly summary: string }[];
  /** Of a pipeline: what it publishes. */
  readonly products: readonly {
    readonly name: string;
    readonly entries: readonly string[];
    readonly gate?: string;
  }[];
}

/**
 * Describes the pipeline of that name, or else the recipe.
 * @throws InvalidError when nothing has that name, or with all of the faults of its file
 */
export function describeNamed(project: Project, name: string): Described {
  if (pipelineFile(project, name) !== undefined) return describePipeline(project, name);
  if (recipeFile(project, name) === undefined) throw unknownTarget(project, name);
  return describeRecipe(project, loadRecipe(project, name));
}

function describeRecipe(project: Project, recipe: Recipe): Described {
  const { name, summary, root, file, environment, outputs, summaries } = recipe;
  return {
    ...{ kind: 'recipe', name, summary, file: displayName(project, root, file) },
    own: root === project.root,
    parameters: describeParameters(project, recipe.parameters),
    inputs: [...recipe.inputs].map(([input, { value }]) => ({ name: input, summary: value })),
    sources: sourcesOf(recipe),
    environment: environment.value,
    hostTools: toolsOf(environment.value),
    script: recipe.script.value,
    outputs: [...outputs].map(([output, { value: path }]) => ({
      name: output,
      path,
      summary: summaries.get(output) ?? '',
    })),
    steps: [],
    products: [],
  };
}

function describePipeline(project: Project, name: string): Described {
  const pipeline = loadPipeline(project, name);
  const steps = [...pipeline.steps.values()].map((step) => ({
    name: step.name,
    recipe: loadRecipe(project, step.recipe?.value ?? ''),
  }));
  const recipes = [...new Set(steps.map(({ recipe }) => recipe))];
  return {
    ...{ kind: 'pipeline', name, summary: pipeline.summary },
    file: displayName(project, pipeline.root, pipeline.file),
    own: pipeline.root === project.root,
    parameters: describeParameters(project, pipeline.parameters),
    inputs: [],
    sources: recipes.flatMap((recipe) =>
      sourcesOf(recipe).map((source) => ({ ...source, name: `${recipe.name}.${source.name}` })),
    ),
    hostTools: [...new Set(recipes.flatMap(({ environment }) => toolsOf(environment.value)))].sort(),
    outputs: [],
    steps: steps.map((step) => ({
      name: step.name,
      recipe: step.recipe.name,
      summary: step.recipe.summary,
    })),
    products: pipeline.products.map(({ name: product, from, gate }) => ({
      name: product,
      entries: [...from.keys()],
      ...(gate === undefined ? {} : { gate: gate.value }),
    })),
  };
}

function describeParameters(
  project: Project,
  parameters: ReadonlyMap<string, Parameter>,
): DescribedParameter[] {
  return [...parameters.values()].map(
    ({ name, type, summary = '', default: given, defaultTemplate, values, minimum, maximum, pattern }) => ({
      ...{ name, type, summary },
      ...(given === undefined ? {} : { default: asWritten(project, given, given.value) }),
      ...(defaultTemplate?.kind === 'scalar' ? { default: String(defaultTemplate.value) } : {}),
      ...(values === undefined ? {} : { values }),
      ...(minimum === undefined ? {} : { minimum: minimum.text }),
      ...(maximum === undefined ? {} : { maximum: maximum.text }),
      ...(pattern === undefined ? {} : { pattern }),
    }),
  );
}

/** A value in its file's own words, on one line: a size stays 32G. */
function asWritten(project: Project, { file, span }: Place, value: unknown): string {
  const text = project.memory.texts.get(file)?.slice(span.start, span.end);
  if (typeof value === 'number' && text !== undefined && /^\w+$/.test(text)) return text;
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

function sourcesOf(recipe: Recipe): { readonly name: string; readonly origins: readonly string[] }[] {
  return [...recipe.sources.values()].map(({ name, origins }) => ({
    name,
    origins: origins.map(({ value }) => `${value.kind}: ${originText(value)}`),
  }));
}

function toolsOf(environment: Environment): readonly string[] {
  return environment.kind === 'host' ? environment.tools : [];
}
