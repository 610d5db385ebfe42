import { canonicalJson, sha256, type Json } from '../base/index.ts';
import type { Descriptor } from './descriptor.ts';
import { makeStatement, predicateTypes, type Statement, type Subject } from './statement.ts';

/** A SLSA Verification Summary (SLSA 1.2). */
export type Summary = Statement<
  typeof predicateTypes.summary,
  {
    readonly verifier: { readonly id: string; readonly version: Readonly<Record<string, string>> };
    readonly timeVerified: string;
    readonly resourceUri: string;
    readonly policy: Descriptor & { readonly content: string };
    readonly inputAttestations: readonly Descriptor[];
    readonly verificationResult: 'PASSED' | 'FAILED';
    readonly verifiedLevels: readonly string[];
    readonly slsaVersion: '1.2';
  }
>;

export interface SummaryParts {
  readonly subject: readonly Subject[];
  readonly resourceUri: string;
  /** What was asked for: it is in the summary, and its digest names it. */
  readonly policy: { readonly kind: string; readonly [name: string]: Json };
  readonly attestations: readonly Descriptor[];
  readonly passed: boolean;
  /** Of SLSA, and words of our own; where it passed. */
  readonly levels: readonly string[];
  /** ISO 8601. */
  readonly time: string;
  /** Of cidermill. */
  readonly version: string;
}

/** That files met a policy, or did not. */
export function summaryOf(parts: SummaryParts): Summary {
  const policy = canonicalJson(parts.policy);
  return makeStatement(predicateTypes.summary, parts.subject, {
    verifier: { id: 'urn:cidermill:verifier', version: { cidermill: parts.version } },
    timeVerified: parts.time,
    resourceUri: parts.resourceUri,
    policy: {
      uri: `urn:cidermill:policy:${parts.policy.kind}`,
      digest: { sha256: sha256(policy) },
      content: Buffer.from(policy).toString('base64'),
    },
    inputAttestations: parts.attestations,
    verificationResult: parts.passed ? 'PASSED' : 'FAILED',
    verifiedLevels: parts.passed ? parts.levels : ['FAILED'],
    slsaVersion: '1.2',
  });
}
