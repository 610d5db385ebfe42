import type { Json, Material, Sha256 } from '../base/index.ts';
import { descriptorOf } from './descriptor.ts';
import {
  buildTypes,
  makeProvenance,
  type ProvenanceStatement,
  type RunMetadata,
  type Subject,
} from './statement.ts';

/** A step that was made again, and what came of it. */
export interface RebuiltStep {
  readonly step: string;
  /** Of the action. */
  readonly key: Sha256;
  /** Steps whose outputs it was given. */
  readonly after: readonly string[];
  /** `failed` could not be rebuilt. */
  readonly verdict: 'identical' | 'varies' | 'different' | 'failed';
  /** The files that were made, by their paths in the artifact. */
  readonly files: readonly Subject[];
}

export interface RebuildParts {
  readonly pipeline: string;
  readonly parameters: { readonly [name: string]: Json };
  readonly steps: readonly RebuiltStep[];
  readonly variations: readonly string[];
  readonly dependencies: readonly Material[];
  /** Of cidermill. */
  readonly version: string;
  readonly metadata: RunMetadata;
}

/**
 * "I rebuilt this and got these bytes." Each step was made again from what the store holds, so its bytes say something only
 * where every step before it came out identical; of the others there is a verdict and no subject.
 * @returns undefined when nothing can be said of any file
 */
export function rebuildStatement(parts: RebuildParts): ProvenanceStatement | undefined {
  const { pipeline, parameters, steps, variations, dependencies, version, metadata } = parts;
  const subject = provenSteps(steps).flatMap(({ step, files }) =>
    files.map(({ name, digest }) => ({ name: `${step}/${name}`, digest })),
  );
  if (subject.length === 0) return undefined;
  return makeProvenance({
    buildType: buildTypes.rebuild,
    subject,
    externalParameters: { pipeline, parameters },
    internalParameters: {
      verdicts: Object.fromEntries(steps.map(({ step, verdict }) => [step, verdict])),
      variations: [...variations].sort(),
      keys: Object.fromEntries(steps.map(({ step, key }) => [step, key])),
    },
    dependencies: dependencies.map(descriptorOf),
    version,
    metadata,
  });
}

/** Steps that were made again, and of which all before them came out identical. */
export function provenSteps(steps: readonly RebuiltStep[]): RebuiltStep[] {
  const byName = new Map(steps.map((each) => [each.step, each]));
  const sound = new Map<string, boolean>();
  const isSound = (name: string): boolean => {
    const known = sound.get(name);
    if (known !== undefined) return known;
    const step = byName.get(name);
    const result = step?.verdict === 'identical' && step.after.every(isSound);
    sound.set(name, result);
    return result;
  };
  return steps.filter(({ verdict, after }) => verdict !== 'failed' && after.every(isSound));
}
