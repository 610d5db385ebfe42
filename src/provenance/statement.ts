import type { Json, Material, Sha256 } from '../base/index.ts';

/** An in-toto Statement v1 with a SLSA Provenance v1 predicate, as far as this project fills them. */
export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly Subject[];
  readonly predicateType: 'https://slsa.dev/provenance/v1';
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string;
      readonly externalParameters: { readonly [name: string]: Json };
      readonly internalParameters: { readonly [name: string]: Json };
      readonly resolvedDependencies: readonly Material[];
    };
    readonly runDetails: {
      readonly builder: { readonly id: string; readonly version: Readonly<Record<string, string>> };
      readonly metadata?: {
        readonly invocationId: string;
        readonly startedOn: string;
        readonly finishedOn: string;
      };
    };
  };
}

/** A file, by its path within the artifact. */
export interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: Sha256 };
}

/** What the parameters mean is told in docs/provenance.md. */
export const buildTypes = { step: 'urn:cidermill:step:v1', product: 'urn:cidermill:product:v1' } as const;

export interface StatementParts {
  readonly buildType: string;
  readonly subject: readonly Subject[];
  readonly externalParameters: { readonly [name: string]: Json };
  readonly internalParameters: { readonly [name: string]: Json };
  readonly dependencies: readonly Material[];
  /** Of cidermill itself. */
  readonly version: string;
  /** Left out where the same artifact is to have the same statement everywhere. */
  readonly metadata?: {
    readonly invocationId: string;
    readonly startedOn: string;
    readonly finishedOn: string;
  };
}

/** Subjects and dependencies are sorted: the same parts give the same statement. */
export function makeStatement(parts: StatementParts): Statement {
  const { subject, dependencies, metadata, version } = parts;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subject.toSorted((a, b) => order(a.name, b.name)),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: parts.buildType,
        externalParameters: parts.externalParameters,
        internalParameters: parts.internalParameters,
        resolvedDependencies: distinct(dependencies),
      },
      runDetails: {
        builder: { id: 'urn:cidermill:builder', version: { cidermill: version } },
        ...(metadata === undefined ? {} : { metadata }),
      },
    },
  };
}

function distinct(dependencies: readonly Material[]): Material[] {
  const byText = new Map(
    dependencies.map((each) => [JSON.stringify([each.uri, each.name, each.digest]), each]),
  );
  return [...byText].toSorted(([a], [b]) => order(a, b)).map(([, each]) => each);
}

/** By code unit, whatever the locale. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
