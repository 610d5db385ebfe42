import type { TargetName } from './targets.ts';

/** Cases that one process goes through, one after another. */
export interface Job {
  /** Its seed's name, and the file that has its bytes. */
  readonly name: string;
  readonly file: string;
  readonly target: TargetName;
  /** Of the random numbers. */
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** After so long the job ends before `to`. */
  readonly milliseconds: number;
  /** A file in which the process notes the case it is at: 8 bytes, little-endian. */
  readonly noted: string;
}

/** What the process says: what went wrong in a case, and how far it came. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'fault'; readonly index: number; readonly what: string }
  | {
      readonly kind: 'end';
      /** The first case that was not tried. */
      readonly next: number;
      readonly results: number;
      readonly refusals: number;
      /** The most memory that the process has had, in bytes. */
      readonly peak: number;
    };
