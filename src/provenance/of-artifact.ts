import type { Sha256 } from '../base/index.ts';
import type { ActionResult, Output, Store } from '../store/index.ts';
import { ancestryOf, filesOf } from './ancestry.ts';
import { buildTypes, makeStatement, type Statement, type Subject } from './statement.ts';

/** The provenance of one step's artifact, with its times. */
export function stepProvenance(store: Store, result: ActionResult, version: string): Statement {
  const action = result.action;
  const { materials, missing } = ancestryOf(store, [result]);
  const finished = new Date(Date.parse(result.started) + result.duration).toISOString();
  return makeStatement({
    buildType: buildTypes.step,
    subject: Object.values(result.outputs).flatMap((output: Output) => filesOf(store, output)),
    externalParameters: {
      script: action.script,
      parameters: action.parameters,
      outputs: action.outputs,
    },
    internalParameters: {
      platform: action.platform,
      environment: action.environment,
      modules: action.modules,
      inputs: action.inputs,
      producers: result.producers,
      ...(missing.length > 0 ? { unknownProducers: missing } : {}),
    },
    dependencies: materials,
    version,
    metadata: { invocationId: result.key, startedOn: result.started, finishedOn: finished },
  });
}

export interface ProductParts {
  readonly pipeline: string;
  readonly product: string;
  readonly subject: readonly Subject[];
  /** Step → its action's key, of the steps that the product's files come from. */
  readonly steps: Readonly<Record<string, Sha256>>;
  /** How the sources differ from those that are pinned, "NAME OLD → NEW" each; absent: they do not. */
  readonly drifted?: readonly string[];
}

/** The provenance of a product: without times, so that it is the same wherever the product is made. */
export function productProvenance(
  store: Store,
  { pipeline, product, subject, steps, drifted }: ProductParts,
  results: readonly ActionResult[],
  version: string,
): Statement {
  const { materials, missing, results: all } = ancestryOf(store, results);
  return makeStatement({
    buildType: buildTypes.product,
    subject,
    externalParameters: { pipeline, product },
    internalParameters: {
      steps,
      actions: [...all.keys()].sort(),
      ...(drifted === undefined ? {} : { drifted }),
      ...(missing.length > 0 ? { unknownProducers: missing } : {}),
    },
    dependencies: materials,
    version,
  });
}
