import type { Json, Sha256 } from '../base/index.ts';
import { distinct, type Descriptor } from './descriptor.ts';

/** An in-toto Statement v1. */
export interface Statement<Type extends string = string, Predicate = object> {
  readonly _type: typeof statementType;
  readonly subject: readonly Subject[];
  readonly predicateType: Type;
  readonly predicate: Predicate;
}

/** A file, by its path within the artifact. */
export type Subject = {
  readonly name: string;
  readonly digest: { readonly sha256: Sha256 };
};

/** The types of predicates that this project writes: SLSA 1.2, and in-toto's test result. */
export const predicateTypes = {
  provenance: 'https://slsa.dev/provenance/v1',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  summary: 'https://slsa.dev/verification_summary/v1',
} as const;

export const statementType = 'https://in-toto.io/Statement/v1';

/** A statement with a SLSA Provenance v1 predicate, as far as this project fills it. */
export type ProvenanceStatement = Statement<
  typeof predicateTypes.provenance,
  {
    readonly buildDefinition: {
      readonly buildType: string;
      readonly externalParameters: { readonly [name: string]: Json };
      readonly internalParameters: { readonly [name: string]: Json };
      readonly resolvedDependencies: readonly Descriptor[];
    };
    readonly runDetails: {
      readonly builder: { readonly id: string; readonly version: Readonly<Record<string, string>> };
      readonly metadata?: RunMetadata;
      readonly byproducts?: readonly Descriptor[];
    };
  }
>;

export interface RunMetadata {
  readonly invocationId?: string;
  readonly startedOn: string;
  readonly finishedOn: string;
}

/** What the parameters mean is told in docs/provenance.md. */
export const buildTypes = {
  step: 'urn:cidermill:step:v2',
  product: 'urn:cidermill:product:v2',
  rebuild: 'urn:cidermill:rebuild:v1',
  sealed: 'urn:cidermill:sealed:v1',
} as const;

export interface ProvenanceParts {
  readonly buildType: string;
  readonly subject: readonly Subject[];
  readonly externalParameters: { readonly [name: string]: Json };
  readonly internalParameters: { readonly [name: string]: Json };
  readonly dependencies: readonly Descriptor[];
  readonly byproducts?: readonly Descriptor[];
  /** Of cidermill itself. */
  readonly version: string;
  /** Left out where the same artifact is to have the same statement everywhere. */
  readonly metadata?: RunMetadata;
}

/** Subjects are sorted: the same parts give the same statement. */
export function makeStatement<Type extends string, Predicate>(
  predicateType: Type,
  subject: readonly Subject[],
  predicate: Predicate,
): Statement<Type, Predicate> {
  const sorted = subject.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { _type: statementType, subject: sorted, predicateType, predicate };
}

/** Dependencies are sorted, too. */
export function makeProvenance(parts: ProvenanceParts): ProvenanceStatement {
  const { subject, dependencies, byproducts = [], metadata, version } = parts;
  return makeStatement(predicateTypes.provenance, subject, {
    buildDefinition: {
      buildType: parts.buildType,
      externalParameters: parts.externalParameters,
      internalParameters: parts.internalParameters,
      resolvedDependencies: distinct(dependencies),
    },
    runDetails: {
      builder: { id: 'urn:cidermill:builder', version: { cidermill: version } },
      ...(metadata === undefined ? {} : { metadata }),
      ...(byproducts.length === 0 ? {} : { byproducts: distinct(byproducts) }),
    },
  });
}
