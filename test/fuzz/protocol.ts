import type { TargetName } from './targets.ts';

/** A run of cases that one process goes through. */
export interface Job {
  /** Its seed's name, and the file that has its bytes. */
  readonly name: string;
  readonly file: string;
  readonly target: TargetName;
  /** Of the random numbers. */
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** What the process says: which case it begins, and how each ended. */
export type Report =
  | { readonly kind: 'begin'; readonly index: number }
  | { readonly kind: 'end'; readonly results: number; readonly refusals: number; readonly peak: number }
  | { readonly kind: 'fault'; readonly index: number; readonly what: string };
