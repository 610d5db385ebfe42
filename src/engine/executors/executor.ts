import type { PlannedStep } from '../../recipe/index.ts';
import type { ActionResult } from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import type { Decision, ResolvedStep } from '../decide.ts';
import type { Done } from '../resolve.ts';
import type { LazyTeam } from '../team/lazy-team.ts';

/** A step whose artifact is neither in the store nor in the team's cache. */
export type StepToMake = Extract<Decision, { readonly verdict: 'run' }>;

/** An artifact that an executor has brought into the run's store. */
export interface Execution {
  /** As it was made: another origin than the preferred one is another action. */
  readonly resolved: ResolvedStep;
  readonly result: ActionResult;
  /** Absolute: the script's log; undefined when nothing was run for it, because another run has made it meanwhile. */
  readonly log?: string;
  /** The worker that made it; undefined when this process did. */
  readonly worker?: string;
}

/** Where the steps of a run are made: in this process, or by others. */
export interface Executor {
  /** Is the step made by this process? What it needs is then looked for here before any step is begun. */
  isHere(step: PlannedStep): boolean;
  /**
   * Makes a step's artifact, and brings it into the store.
   * @param done the steps before it
   * @param onChosen told before anything is run, of the origins that could be had
   * @throws StepFailure, SourceFailure and other failures of that step; DamagedBlob when something that a step before it
   *   made is damaged or gone
   */
  execute(step: StepToMake, done: Done, onChosen: (resolved: ResolvedStep) => void): Promise<Execution>;
  /** Lets go of all that it holds; what is still being made for this run is stopped. */
  close(): Promise<void>;
}

/** What an executor works with. */
export interface ExecutorHost {
  readonly context: RunContext;
  /** Keeps the garbage collector away; called before anything is written. */
  readonly hold: () => Promise<unknown>;
  readonly team: Pick<LazyTeam, 'open'>;
  /** Makes steps in this process. */
  readonly here: Executor;
}
