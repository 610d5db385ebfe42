import { openMemo, openSession, type ActionResult } from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import { decide, type ResolvedStep } from '../decide.ts';
import { openHistory } from '../history.ts';
import type { Made } from '../resolve.ts';
import { openTeam, type Team } from './team.ts';
import type { TeamSettings } from './team-settings.ts';

type PlanContext = Pick<RunContext, 'store' | 'plan' | 'sources' | 'signal' | 'emit'>;

/** A step whose artifact is in the store. */
export interface StoredResult {
  readonly resolved: ResolvedStep;
  readonly result: ActionResult;
}

/** The team's cache for a command that is no run, and the steps of a plan whose artifacts are in the store, in order. */
export async function openStoredPlan(
  context: PlanContext,
  settings: TeamSettings,
): Promise<{ readonly team: Team; readonly stored: readonly StoredResult[] }> {
  const { store, plan } = context;
  const deciding = { ...context, onHost: false, facts: openMemo(store, 'facts') };
  const done = new Map<string, Made>();
  const stored: StoredResult[] = [];
  for (const step of plan.steps) {
    if (step.after.some((name) => !done.has(name))) continue;
    const decision = await decide(deciding, step, done);
    if (decision.verdict !== 'cached') continue;
    done.set(step.name, decision.result);
    stored.push({ resolved: decision, result: decision.result });
  }
  const history = openHistory(store, plan.root, plan.pipeline);
  return { team: openTeam({ ...context, history }, settings), stored };
}

/** Sends what the store has of a plan's steps, where the cache does not have it yet. */
export async function sendStored(
  context: PlanContext,
  settings: TeamSettings,
  onStep: (step: string, what: 'there' | 'kept' | 'sent') => void,
): Promise<Team> {
  const { team, stored } = await openStoredPlan(context, { ...settings, push: true });
  const session = await openSession(context.store);
  try {
    for (const { resolved, result } of stored) {
      const { name } = resolved.step;
      if (team.keeps(resolved.step)) onStep(name, 'kept');
      else if ((await team.find(resolved)) !== undefined) onStep(name, 'there');
      else {
        const before = team.cache.tally.pushed;
        team.give(resolved, result);
        await team.settle();
        if (team.cache.tally.pushed > before) onStep(name, 'sent');
      }
    }
  } finally {
    await session.release();
  }
  return team;
}
