import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, type Json, type Material, type Sha256 } from '../../base/index.ts';
import { gateOf, type ProductParts } from '../../provenance/index.ts';
import type { PlannedStep, Plan, Product } from '../../recipe/index.ts';
import type { ActionResult } from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import { indexPage } from './index-page.ts';
import { productEntries } from './product-entries.ts';
import type { StepSources } from '../sources/step-sources.ts';

/** All that a product's papers say of it but its files, and the artifacts that its files come from. */
export interface DescribedProduct {
  readonly parts: Omit<ProductParts, 'subject'>;
  readonly artifacts: readonly ActionResult[];
  /** The text of its INDEX.md. */
  readonly index: string;
}

/** @param resultOf the artifact of a step; undefined when the store has none */
export async function describeProduct(
  { store, plan, sources }: Pick<RunContext, 'store' | 'plan' | 'sources'>,
  product: Product,
  resultOf: (step: string) => ActionResult | undefined,
): Promise<DescribedProduct> {
  const made = [...new Set([...product.from.values()].map(({ value }) => value.step))];
  const { gate } = product;
  const steps = stepsBefore(plan, gate === undefined ? made : [...made, gate]);
  const gateStep = steps.find(({ name }) => name === gate);
  const passed = gate === undefined ? undefined : resultOf(gate);
  const keys = made.flatMap((name): [string, Sha256][] => {
    const key = resultOf(name)?.key;
    return key === undefined ? [] : [[name, key]];
  });
  return {
    parts: {
      pipeline: plan.pipeline,
      product: product.name,
      parameters: await statedParameters(plan, sources),
      steps: Object.fromEntries(steps.map((step) => [step.name, settingsOf(step, resultOf(step.name))])),
      keys: Object.fromEntries(keys),
      files: planFiles(plan, steps),
      ...(passed === undefined || gateStep === undefined
        ? {}
        : { gate: gateOf(store, gateStep.name, gateStep.recipe.name, passed) }),
    },
    artifacts: made.flatMap((name) => resultOf(name) ?? []),
    index: indexPage(plan, product, productEntries(store, plan, product, resultOf)),
  };
}

/** Every parameter of a plan as a statement has it: a file by its digest, never by its path. */
export async function statedParameters(
  plan: Plan,
  sources: Pick<StepSources, 'userFile'>,
): Promise<{ readonly [name: string]: Json }> {
  const parameters: Record<string, Json> = {};
  for (const [name, value] of plan.parameters) {
    if (value.kind === 'value') parameters[name] = value.value;
    else if (value.kind === 'output') parameters[name] = `${value.step}.${value.output}`;
    else parameters[name] = `sha256:${await sources.userFile(value.path)}`;
  }
  return parameters;
}

/** Steps and all before them, in the plan's order. */
export function stepsBefore(plan: Plan, names: readonly string[]): PlannedStep[] {
  const needed = new Set(names);
  for (const step of plan.steps.toReversed())
    if (needed.has(step.name)) step.after.forEach((name) => needed.add(name));
  return plan.steps.filter(({ name }) => needed.has(name));
}

/** What the user could have set otherwise. Lists of packages are told by the buildroot's file. */
function settingsOf({ recipe, parameters, buildroot }: PlannedStep, result: ActionResult | undefined): Json {
  const environment = result?.action.environment.kind ?? recipe.environment.value.kind;
  if (buildroot !== undefined) return { recipe: recipe.name, suite: buildroot.suite };
  return {
    recipe: recipe.name,
    parameters: Object.fromEntries([...parameters].map(([name, { value }]) => [name, value])),
    environment: environment === 'buildroot' ? buildrootName(recipe.environment.value) : environment,
  };
}

function buildrootName(environment: PlannedStep['recipe']['environment']['value']): string {
  return environment.kind === 'buildroot' ? environment.name : environment.kind;
}

/** The pipeline's file, and the recipes and buildroots of the steps, as they are now. */
export function planFiles(plan: Plan, steps: readonly PlannedStep[]): Material[] {
  const files = new Map<string, Material>();
  const add = (root: string, file: string): void => {
    const path = join(root, file);
    if (existsSync(path))
      files.set(file, { uri: `project:${file}`, digest: { sha256: sha256(readFileSync(path)) } });
  };
  add(plan.root, plan.file);
  for (const { recipe, buildroot } of steps) {
    add(recipe.root, recipe.file);
    if (buildroot !== undefined) add(plan.root, buildroot.file);
  }
  return [...files.values()];
}

/** What differs in the steps that some are made from, they among them. */
export function driftOf(
  plan: Plan,
  made: readonly string[],
  drifted: ReadonlyMap<string, readonly string[]>,
): { readonly drifted?: readonly string[] } {
  const before = new Set(made);
  for (const step of plan.steps.toReversed())
    if (before.has(step.name)) step.after.forEach((name) => before.add(name));
  const changes = [...drifted].flatMap(([step, each]) => (before.has(step) ? each : []));
  return changes.length === 0 ? {} : { drifted: [...new Set(changes)].sort() };
}
