import { basename } from 'node:path';
import type { Place } from '../../base/index.ts';
import { assembleSteps, type PlanOptions } from './assemble.ts';
import { bindStep, type BoundStep } from './bind-step.ts';
import { onlyReference } from '../files/evaluate.ts';
import { pipelineFile, recipeFile, reportUnknown } from '../project/load.ts';
import {
  type Binding,
  type Parameter,
  paperFiles,
  type Plan,
  type PlannedParameter,
  type Product,
  type Recipe,
} from '../model.ts';
import type { Located } from '../../yaml/located.ts';
import type { PipelineFile, PipelineProduct } from '../files/pipeline-file.ts';
import { startPlanning, type Overrides, type Planning } from './planning.ts';
import type { Project } from '../project/project.ts';
import type { Scope } from '../files/resolved.ts';
import { createScope } from './scope.ts';
import { suggestOrList } from '../../yaml/suggest.ts';

/**
 * Loads a pipeline and everything it names, and resolves all references.
 * @throws InvalidError with every fault of every file involved
 */
export function planPipeline(
  project: Project,
  name: string,
  overrides: Overrides = {},
  options: PlanOptions = {},
): Plan {
  const planning = startPlanning(project, name, overrides, options.sources);
  const loaded = pipelineFile(project, name);
  if (loaded === undefined) reportUnknown(project, 'pipelines', name, planning.target, planning.report);
  const pipeline = loaded && planning.use(loaded);
  const plan = pipeline && resolvePipeline(planning, pipeline, options);
  planning.finish();
  if (plan === undefined) throw new Error(`the pipeline ${name} has no fault and no plan`);
  return plan;
}

function resolvePipeline(planning: Planning, pipeline: PipelineFile, options: PlanOptions): Plan {
  const recipes = recipesOf(planning, pipeline);
  const scope = createScope(planning, pipeline, (step) => recipes.get(step));
  checkSettings(planning, pipeline, recipes);
  const parameters = new Map<string, PlannedParameter>();
  for (const name of pipeline.parameters.keys()) {
    const found = scope.parameter(name);
    if (found !== undefined)
      parameters.set(
        name,
        found.kind === 'binding' ? found.value.value : { kind: 'value', value: found.value.value },
      );
  }
  const bound: BoundStep[] = [];
  for (const step of pipeline.steps.values()) {
    const made = bindStep(step, recipes.get(step.name), scope, planning.report);
    if (made !== undefined) bound.push(made);
  }
  const products = pipeline.products.map((product) =>
    resolveProduct(product, pipeline, recipes, scope, planning),
  );
  const steps = assembleSteps(planning, bound, wantedBy(products), options);
  const planned = new Set(steps.map(({ name }) => name));
  return {
    pipeline: pipeline.name,
    parameters,
    summary: pipeline.summary,
    root: planning.project.root,
    file: pipeline.file,
    steps,
    products,
    tables: tablesOf([pipeline.parameters, ...steps.map(({ recipe }) => recipe.parameters)]),
    unneeded: [...pipeline.steps.keys()].filter((name) => !planned.has(name)),
  };
}

/** Step → its recipe, for those whose recipe is without fault. */
function recipesOf(planning: Planning, pipeline: PipelineFile): Map<string, Recipe> {
  const { project, report } = planning;
  const recipes = new Map<string, Recipe>();
  for (const { name, recipe: written } of pipeline.steps.values()) {
    if (written === undefined) continue;
    const loaded = recipeFile(project, written.value);
    if (loaded === undefined) reportUnknown(project, 'recipes', written.value, written, report);
    const recipe = loaded && planning.use(loaded);
    if (recipe !== undefined && loaded?.diagnostics.length === 0) recipes.set(name, recipe);
  }
  return recipes;
}

function checkSettings(
  { settings, report }: Planning,
  { name: pipeline, parameters }: PipelineFile,
  recipes: ReadonlyMap<string, Recipe>,
): void {
  for (const [name, { key }] of settings) {
    if (parameters.has(name)) continue;
    report('unknown-parameter', key, `The pipeline ${pipeline} has no parameter "${name}".`, () => {
      const step = [...recipes].find(([, recipe]) => recipe.parameters.has(name));
      if (step === undefined) return suggestOrList(name, parameters.keys(), 'parameters');
      return `The recipe of its step ${step[0]} has one: set it under "with" of that step, or give the pipeline a parameter for it.`;
    });
  }
}

function resolveProduct(
  { name, key, from, gate, papers, next }: PipelineProduct,
  pipeline: PipelineFile,
  recipes: ReadonlyMap<string, Recipe>,
  scope: Scope,
  { report }: Planning,
): Product {
  const taken = new Map<string, { readonly entry: string; readonly place: Place }>();
  const entries = new Map<string, Located<Binding & { kind: 'output' }>>();
  for (const [entry, { value: written }] of from) {
    if (written === undefined) continue;
    const { file, span, value } = written;
    const node = { kind: 'scalar', place: { file, span }, value } as const;
    const reference = onlyReference(node, report);
    const output = reference && scope.output(reference, { file, span });
    if (output === undefined) continue;
    entries.set(entry, output);
    const path = placeInProduct(
      entry,
      recipes.get(output.value.step)?.outputs.get(output.value.output)?.value,
    );
    const owner = taken.get(path);
    const paper = papers.find((kind) => paperFiles[kind] === path);
    if (paper !== undefined)
      report(
        'output-conflict',
        { file, span },
        `The entry "${entry}" and the paper "${paper}" would both be ${path} in the product.`,
      );
    else if (owner === undefined) taken.set(path, { entry, place: { file, span } });
    else
      report(
        'output-conflict',
        { file, span },
        `The entries "${owner.entry}" and "${entry}" would both be ${path} in the product.`,
        undefined,
        { ...owner.place, message: `"${owner.entry}" is declared here.` },
      );
  }
  if (gate !== undefined && !pipeline.steps.has(gate.value)) {
    report('unknown-step', gate, `There is no step "${gate.value}".`, () =>
      suggestOrList(gate.value, pipeline.steps.keys(), 'steps'),
    );
  }
  if (gate === undefined && papers.includes('test-result'))
    report(
      'missing-gate',
      key,
      `The product ${name} has no gate, which its paper "test-result" would be about.`,
      'Add "gate: STEP", or leave "test-result" out.',
    );
  return { name, from: entries, papers, next, ...(gate === undefined ? {} : { gate: gate.value }), ...key };
}

/** The names of the tables that choices among parameters are of, sorted. */
export function tablesOf(parameters: readonly ReadonlyMap<string, Parameter>[]): string[] {
  const names = parameters.flatMap((each) => [...each.values()].map(({ table }) => table?.name));
  return [...new Set(names)].filter((name) => name !== undefined).sort();
}

/** A file output lies under its own name, a directory under the name of its entry. */
function placeInProduct(entry: string, output = ''): string {
  return output === '' || output.endsWith('/') ? entry : basename(output);
}

/** The steps that products and their gates name; without products, undefined: all. */
function wantedBy(products: readonly Product[]): string[] | undefined {
  if (products.length === 0) return undefined;
  return products.flatMap(({ from, gate }) => [
    ...[...from.values()].map(({ value }) => value.step),
    ...(gate === undefined ? [] : [gate]),
  ]);
}
