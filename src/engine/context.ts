import type { LockedFile } from '../sources/index.ts';
import type { Plan } from '../recipe/index.ts';
import type { Memo, Store } from '../store/index.ts';
import type { RunEvent } from './events.ts';
import type { History } from './history.ts';
import type { StepSources } from './sources/step-sources.ts';

/** What every part of a run works with. */
export interface RunContext {
  readonly store: Store;
  readonly plan: Plan;
  readonly history: History;
  readonly sources: StepSources;
  /** What was found out of tools and scripts, by what they looked like. */
  readonly facts: Memo;
  /** Steps at once, and jobs within each; at least 1. */
  readonly jobs: number;
  /** Run the steps that name a buildroot on the host's own tools. */
  readonly onHost: boolean;
  /** Keep the folder of a step whose script fails. */
  readonly keepFailed?: boolean;
  /** Fetch nothing: only what the store holds. */
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: UntimedEvent) => void;
  /** Brings files of sources from the team's cache into the store, those that it has. */
  readonly fromCache?: ((files: readonly LockedFile[]) => Promise<void>) | undefined;
}

/** A run event before it gets its time. */
export type UntimedEvent = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'time'> : never) : never;
