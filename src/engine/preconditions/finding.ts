import type { Place } from '../../base/index.ts';

/** What was found before a run: a fault keeps it from passing, a note is for a person to know. */
export interface Finding {
  readonly state: 'fault' | 'note';
  /** What was looked at: a program, "user namespaces", "disk space", a file, the check of a step. */
  readonly what: string;
  readonly message: string;
  readonly hint?: string;
  /** The steps it is about, in the plan's order. */
  readonly steps: readonly string[];
  /** Where the value stands that it is about. */
  readonly place?: Place;
}
