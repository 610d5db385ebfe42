import type { ByteSource } from '../../../../base/index.ts';
import type { VolumeHeader } from '../../volume-header.ts';
import type { Claims } from './claims.ts';
import type { Findings } from '../findings.ts';
import type { OverflowGroups } from './overflow.ts';

/** What every part of a check shares. */
export interface CheckContext {
  /** With the journal replayed. */
  readonly source: ByteSource;
  readonly header: VolumeHeader;
  readonly found: Findings;
  readonly claims: Claims;
  readonly overflow: OverflowGroups;
  /** The text encodings that names were made from, by their numbers. */
  readonly encodings: Set<number>;
}
