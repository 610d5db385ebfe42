import type { Sha256 } from '../base/index.ts';
import { buildTypes, makeProvenance, type ProvenanceStatement, type Subject } from './statement.ts';

export interface SealParts {
  readonly subject: readonly Subject[];
  /** Of the image that was sealed, as it was. */
  readonly disk: Sha256;
  /** The release that was installed onto it, where the user said so. */
  readonly guest: string | undefined;
  /** Of the provenance of the product that it was installed with. */
  readonly before: Sha256 | undefined;
  /** Of cidermill. */
  readonly version: string;
}

/** The provenance of a sealed disk: a file of the user's, and the product that it was installed with. Without times. */
export function sealStatement({ subject, disk, guest, before, version }: SealParts): ProvenanceStatement {
  return makeProvenance({
    buildType: buildTypes.sealed,
    subject,
    externalParameters: guest === undefined ? {} : { guest },
    internalParameters: {},
    dependencies: [
      { uri: 'user:disk', digest: { sha256: disk } },
      ...(before === undefined
        ? []
        : [{ uri: 'urn:cidermill:provenance', name: 'provenance.json', digest: { sha256: before } }]),
    ],
    version,
  });
}
