import type PQueue from 'p-queue';
import type { PlannedStep } from '../../recipe/index.ts';
import { withChoice, type ResolvedStep } from '../decide.ts';
import type { Execution, Executor, ExecutorHost, StepToMake } from './executor.ts';
import type { Done } from '../resolve.ts';

/** Makes steps in this process, as many at once as the run's jobs. */
export class LocalExecutor implements Executor {
  readonly #host: Omit<ExecutorHost, 'here'>;
  /** Is a step made here, of those that may be looked at? Decides what is looked for before the first is begun. */
  readonly #isHere: (step: PlannedStep) => boolean;
  #queue: PQueue | undefined;
  #ready: Promise<void> | undefined;

  constructor(host: Omit<ExecutorHost, 'here'>, isHere: (step: PlannedStep) => boolean) {
    this.#host = host;
    this.#isHere = isHere;
  }

  isHere(): boolean {
    return true;
  }

  async execute(
    step: StepToMake,
    done: Done,
    onChosen: (resolved: ResolvedStep) => void,
  ): Promise<Execution> {
    const { default: Queue } = await import('p-queue');
    this.#queue ??= new Queue({ concurrency: this.#host.context.jobs });
    return this.#queue.add(() => this.#make(step, done, onChosen));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #make(
    decision: StepToMake,
    done: Done,
    onChosen: (resolved: ResolvedStep) => void,
  ): Promise<Execution> {
    const { context, team } = this.#host;
    context.signal.throwIfAborted();
    const [{ executeAction, fetchSources }, { fetchAhead }] = await Promise.all([
      import('../step/index.ts'),
      import('../sources/fetch-ahead.ts'),
    ]);
    await (this.#ready ??= this.#getReady());
    fetchAhead(context, decision.step, fetchSources, this.#isHere);
    const resolved = withChoice(decision, await fetchSources(context, decision.step));
    onChosen(resolved);
    const executed = await executeAction(context, resolved, done);
    if (executed.log !== undefined) (await team.open())?.give(resolved, executed.result);
    return { resolved, ...executed };
  }

  /** Before the first step that runs: nothing is begun that is known not to pass. */
  async #getReady(): Promise<void> {
    const { context, hold, team } = this.#host;
    const [{ findPreconditions, refuseFaults }, { previewRun }] = await Promise.all([
      import('../preconditions/index.ts'),
      import('../preview.ts'),
    ]);
    await hold();
    const previews = await previewRun({ ...context, team: await team.open() });
    const findings = await findPreconditions(context, previews, this.#isHere);
    refuseFaults(findings);
    for (const { state, steps, message, hint } of findings)
      if (state === 'note')
        context.emit({
          type: 'check-note',
          step: steps.join(', '),
          message,
          ...(hint === undefined ? {} : { hint }),
        });
    context.signal.throwIfAborted();
  }
}
