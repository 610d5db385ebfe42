import type { PlannedStep } from '../../recipe/index.ts';
import type { RunContext } from '../context.ts';
import { readRecord } from '../history.ts';

/** Fetches what the steps after one that runs will need, for those made here that have never run: they will run too. */
export function fetchAhead(
  context: RunContext,
  running: PlannedStep,
  fetchSources: (context: RunContext, step: PlannedStep) => Promise<unknown>,
  isHere: (step: PlannedStep) => boolean,
): void {
  const { plan, history } = context;
  const after = new Set([running.name]);
  for (const step of plan.steps) {
    if (!step.after.some((name) => after.has(name))) continue;
    after.add(step.name);
    if (readRecord(history, step.name) !== undefined || !isHere(step)) continue;
    // What fails here fails again, and is told, when the step itself asks for it.
    fetchSources(context, step).catch(() => undefined);
  }
}
