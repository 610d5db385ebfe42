import { existsSync, statSync } from 'node:fs';
import { Failure, isSha256, type Sha256 } from '../base/index.ts';
import {
  findResult,
  hashOf,
  papersOf,
  productProvenance,
  stepProvenance,
  subjectsOf,
  type Statement,
} from '../provenance/index.ts';
import { productEntries } from '../engine/index.ts';
import { readAction, type ActionResult } from '../store/index.ts';
import { makePlan, preview, type PlanOptions } from './plan-options.ts';
import { version } from '../host/index.ts';
import type { Workspace } from './workspace.ts';

/** The provenance of what a user names: a file, a digest, PIPELINE/STEP, or a product. @throws Failure 'not-made', 'unknown-step', 'unknown-product' */
export async function provenanceOf(
  workspace: Workspace,
  artifact: string,
  options: PlanOptions,
): Promise<Statement> {
  const { store } = workspace;
  if (isSha256(artifact)) return ofDigest(workspace, artifact, artifact);
  if (existsSync(artifact) && statSync(artifact).isFile())
    return ofDigest(workspace, (await hashOf(artifact)) as Sha256, artifact);
  const [pipeline = '', step] = artifact.split('/');
  const results = await madeBy(workspace, pipeline, options);
  if (step !== undefined) return stepProvenance(store, results.of(step), version());
  const product = results.plan.products.find(({ name }) => name === pipeline);
  if (product === undefined)
    throw new Failure('unknown-product', `the pipeline ${pipeline} has no product of that name`, {
      hint: `Name a step: ${pipeline}/STEP.`,
    });
  const made = [...product.from.values()].map(({ value }) => value.step);
  const steps = Object.fromEntries(made.map((name) => [name, results.of(name).key]));
  const done = new Map(made.map((name) => [name, results.of(name)]));
  const entries = productEntries(store, product, done);
  const parts = { pipeline, product: product.name, steps };
  const artifacts = made.map(results.of);
  // A statement that lies outside of the product is about its papers too.
  const papers = await papersOf(store, parts, entries, artifacts, product.papers);
  const subject = subjectsOf([...entries, ...papers]);
  return productProvenance(store, { ...parts, subject }, artifacts, version());
}

function ofDigest({ store }: Workspace, digest: Sha256, name: string): Statement {
  const result = readAction(store, digest) ?? findResult(store, digest);
  if (result !== undefined) return stepProvenance(store, result, version());
  throw new Failure('not-made', `no step in the store made ${name} (sha256 ${digest})`, {
    hint: 'A file that was changed later, or made on another machine, has no provenance here.',
  });
}

async function madeBy(
  workspace: Workspace,
  name: string,
  options: PlanOptions,
): Promise<{ plan: ReturnType<typeof makePlan>['plan']; of: (step: string) => ActionResult }> {
  const { plan, sources } = makePlan(workspace, name, options);
  const previews = await preview(workspace, plan, sources, options);
  return {
    plan,
    of: (step) => {
      const one = previews.find((each) => each.step === step);
      if (one === undefined) throw new Failure('unknown-step', `${name} has no step "${step}"`);
      const result = one.key === undefined ? undefined : readAction(workspace.store, one.key);
      if (result !== undefined) return result;
      throw new Failure('not-made', `the step ${step} has no result in the store for its present form`, {
        hint: `Make it: \`cidermill run ${name}\`.`,
      });
    },
  };
}
