import { existsSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { Failure, isSha256, type Sha256 } from '../base/index.ts';
import {
  findResult,
  gateStatement,
  hashOf,
  papersOf,
  productProvenance,
  stepProvenance,
  subjectsOf,
  type Statement,
} from '../provenance/index.ts';
import {
  describeProduct,
  driftOf,
  planFiles,
  productFiles,
  stepsBefore,
  type DescribedProduct,
} from '../engine/index.ts';
import type { Plan, Product } from '../recipe/index.ts';
import { readAction, type ActionResult, type ListingEntry } from '../store/index.ts';
import { makePlan, preview, type PlanOptions } from './plan-options.ts';
import { version } from '../host/index.ts';
import { driftedSteps } from './sources/refuse-drifted.ts';
import type { Workspace } from './workspace.ts';

/** The provenance of what a user names: a file, a digest, PIPELINE/STEP, or a product or a folder in it. @throws Failure 'not-made', 'unknown-step', 'unknown-product' */
export async function provenanceOf(
  workspace: Workspace,
  artifact: string,
  options: PlanOptions,
): Promise<Statement> {
  const { store } = workspace;
  if (isSha256(artifact)) return ofDigest(workspace, artifact, artifact);
  if (existsSync(artifact) && statSync(artifact).isFile())
    return ofDigest(workspace, (await hashOf(artifact)) as Sha256, artifact);
  const published = publishedFolder(workspace, artifact);
  const [pipeline = '', given] = published ?? artifact.split('/');
  const made = await madeBy(workspace, pipeline, options);
  const step = published === undefined ? given : given && stepOfEntry(made.plan, pipeline, given);
  if (step === undefined) {
    const { entries, parts, artifacts, product, index } = await ofProduct(workspace, made, pipeline);
    // A statement that lies outside of the product is about its papers too.
    const papers = await papersOf(store, parts, entries, artifacts, product.papers, index);
    const subject = subjectsOf([...entries, ...papers]);
    return productProvenance(store, { ...parts, subject }, artifacts, version());
  }
  const result = made.of(step);
  return stepProvenance(store, result, version(), planFiles(made.plan, stepsBefore(made.plan, [step])));
}

/** The product that a folder below artifacts/ belongs to, and the entry of it; undefined for any other path. */
function publishedFolder({ artifacts }: Workspace, path: string): string[] | undefined {
  if (!existsSync(path) || !statSync(path).isDirectory()) return undefined;
  const inside = relative(artifacts, resolve(path)).split(sep);
  return inside[0] === '..' || inside[0] === '' ? undefined : inside.slice(0, 2);
}

/** @throws Failure 'unknown-step' when no entry of the product is a folder of that name */
function stepOfEntry(plan: Plan, product: string, entry: string): string {
  const found = plan.products.find(({ name }) => name === product)?.from.get(entry);
  if (found !== undefined) return found.value.step;
  throw new Failure('unknown-step', `the product ${product} has no folder "${entry}"`);
}

/**
 * That a product passed its gate, as an in-toto test result.
 * @throws Failure 'no-gate', 'not-made', 'unknown-product'
 */
export async function gateStatementOf(
  workspace: Workspace,
  name: string,
  options: PlanOptions,
): Promise<Statement> {
  const made = await madeBy(workspace, name, options);
  const { entries, parts } = await ofProduct(workspace, made, name);
  if (parts.gate === undefined)
    throw new Failure('no-gate', `the product ${name} has no gate`, {
      hint: 'A gate is the step that must succeed before a product is published: "gate: STEP" in its pipeline.',
    });
  return gateStatement(parts.gate, subjectsOf(entries), parts.files);
}

async function ofProduct(
  { store }: Workspace,
  { plan, sources, drifted, of }: Made,
  name: string,
): Promise<DescribedProduct & { readonly entries: readonly ListingEntry[]; readonly product: Product }> {
  const product = plan.products.find((each) => each.name === name);
  if (product === undefined)
    throw new Failure('unknown-product', `the pipeline ${name} has no product of that name`, {
      hint: `Name a step: ${name}/STEP.`,
    });
  const steps = [...product.from.values()].map(({ value }) => value.step);
  const done = new Map(
    [...steps, ...(product.gate === undefined ? [] : [product.gate])].map((step) => [step, of(step)]),
  );
  const entries = productFiles(store, product, done);
  const described = await describeProduct({ store, plan, sources }, product, of);
  return { ...described, parts: { ...described.parts, ...driftOf(plan, steps, drifted) }, entries, product };
}

function ofDigest({ store }: Workspace, digest: Sha256, name: string): Statement {
  const result = readAction(store, digest) ?? findResult(store, digest);
  if (result !== undefined) return stepProvenance(store, result, version());
  throw new Failure('not-made', `no step in the store made ${name} (sha256 ${digest})`, {
    hint: 'A file that was changed later, or made on another machine, has no provenance here.',
  });
}

type Made = ReturnType<typeof makePlan> & {
  readonly drifted: ReturnType<typeof driftedSteps>;
  /** @throws Failure 'not-made' */
  readonly of: (step: string) => ActionResult;
};

async function madeBy(workspace: Workspace, name: string, options: PlanOptions): Promise<Made> {
  // A product is described as it was made, also where newer packages stood in for vanished ones.
  const { plan, sources } = makePlan(workspace, name, { ...options, drifted: true });
  const previews = await preview(workspace, plan, sources, options);
  return {
    plan,
    sources,
    drifted: driftedSteps(previews, sources),
    of: (step) => {
      const one = previews.find((each) => each.step === step);
      if (one === undefined) throw new Failure('unknown-step', `${name} has no step "${step}"`);
      const result = one.key === undefined ? undefined : readAction(workspace.store, one.key);
      if (result !== undefined) return result;
      throw new Failure(
        'not-made',
        `the step ${step} has no result in the store with its current recipe, sources and parameters`,
        {
          hint: `Make it: \`cidermill run ${name}\`.`,
        },
      );
    },
  };
}
