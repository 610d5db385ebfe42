import type { Json, Material, Sha256 } from '../base/index.ts';
import type { ActionEnvironment, ActionResult, Output, Store } from '../store/index.ts';
import { ancestryOf, filesOf } from './ancestry.ts';
import { descriptorOf, type Descriptor } from './descriptor.ts';
import type { Gate } from './gate.ts';
import { buildTypes, makeProvenance, type ProvenanceStatement, type Subject } from './statement.ts';

/**
 * The provenance of one step's artifact, with its times.
 * @param files the recipes and the pipeline that asked for it, where it is named by them
 */
export function stepProvenance(
  store: Store,
  result: ActionResult,
  version: string,
  files: readonly Material[] = [],
): ProvenanceStatement {
  const action = result.action;
  const { materials, scripts, missing } = ancestryOf(store, [result]);
  const finished = new Date(Date.parse(result.started) + result.duration).toISOString();
  return makeProvenance({
    buildType: buildTypes.step,
    subject: Object.values(result.outputs).flatMap((output: Output) => filesOf(store, output)),
    externalParameters: {
      script: action.script,
      parameters: action.parameters,
      outputs: action.outputs,
    },
    internalParameters: {
      platform: action.platform,
      environment: withVersions(action.environment, result.tools),
      modules: action.modules,
      packages: action.packages,
      inputs: action.inputs,
      producers: result.producers,
      ...(missing.length > 0 ? { unknownProducers: missing } : {}),
    },
    dependencies: [...materials, ...scripts, ...files].map(descriptorOf),
    version,
    metadata: { invocationId: result.key, startedOn: result.started, finishedOn: finished },
  });
}

/** The versions of tools that made this artifact stand in the place of the key's words for any version. */
function withVersions(
  environment: ActionEnvironment,
  versions: ActionResult['tools'] = {},
): ActionEnvironment {
  return environment.kind === 'host'
    ? { ...environment, tools: { ...environment.tools, ...versions } }
    : environment;
}

export type ProductParts = {
  readonly pipeline: string;
  readonly product: string;
  readonly subject: readonly Subject[];
  /** Every parameter of the pipeline as it was used; a file by its digest. */
  readonly parameters: { readonly [name: string]: Json };
  /** Step → its recipe, parameters and environment, of all steps that the product's files and its gate come from. */
  readonly steps: { readonly [name: string]: Json };
  /** Step → its action's key, of the steps that the product's files come from. */
  readonly keys: Readonly<Record<string, Sha256>>;
  /** The pipeline's file and the recipes of those steps. */
  readonly files: readonly Material[];
  readonly gate?: Gate;
  /** How the sources differ from those that are pinned, "NAME OLD → NEW" each; absent: they do not. */
  readonly drifted?: readonly string[];
};

/** The provenance of a product: without times, so that it is the same wherever the product is made. */
export function productProvenance(
  store: Store,
  { pipeline, product, subject, parameters, steps, keys, files, gate, drifted }: ProductParts,
  results: readonly ActionResult[],
  version: string,
): ProvenanceStatement {
  const { materials, scripts, missing, results: all } = ancestryOf(store, results);
  return makeProvenance({
    buildType: buildTypes.product,
    subject,
    externalParameters: { pipeline, product, parameters, steps },
    internalParameters: {
      keys,
      actions: [...all.keys()].sort(),
      ...(drifted === undefined ? {} : { drifted }),
      ...(missing.length > 0 ? { unknownProducers: missing } : {}),
    },
    dependencies: [...materials, ...scripts, ...files].map(descriptorOf),
    byproducts: gate === undefined ? [] : [gateDescriptor(gate)],
    version,
  });
}

/** What the gate saw lies in the store, not in the product. */
function gateDescriptor({ step, recipe, key, milestones, file }: Gate): Descriptor {
  return {
    uri: `urn:cidermill:action:${key}`,
    ...(file === undefined ? {} : { name: file.name, digest: file.digest }),
    annotations: { gate: step, recipe, result: 'PASSED', milestones },
  };
}
