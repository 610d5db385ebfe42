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

/** Names the steps that a finding is about, the first two of many, before what it says. */
export function describeFinding({ steps, message }: Pick<Finding, 'steps' | 'message'>): string {
  const names =
    steps.length > 3 ? `${steps.slice(0, 2).join(', ')} and ${steps.length - 2} more` : steps.join(', ');
  return `${names}: ${message}`;
}
