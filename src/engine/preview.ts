import type { Sha256 } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import { type Action, openMemo, readAction } from '../store/index.ts';
import type { RunContext } from './context.ts';
import { decide } from './decide.ts';
import { openHistory, readRecord } from './history.ts';
import { explainChange } from './explain.ts';
import type { Hashing, Made } from './resolve.ts';
import type { Team } from './team/team.ts';

/** What a run would do with a step, as far as it can be known before it. */
export interface Preview {
  readonly step: string;
  /**
   * cached: its artifact is in the store. team: it is in the team's cache. run: it will be made. cached-if-same: its
   * artifact is in the store for the outputs that the steps in `waitsFor` made the last time. unknown: it needs the output
   * of a step never made here.
   */
  readonly verdict: 'cached' | 'team' | 'run' | 'cached-if-same' | 'unknown';
  readonly why: readonly string[];
  readonly waitsFor: readonly string[];
  readonly key?: Sha256;
  /** What the key is the digest of. */
  readonly action?: Action;
}

/** As much of a run's context as foreseeing it needs. */
type PreviewContext = Pick<RunContext, 'store' | 'plan' | 'sources' | 'onHost' | 'history' | 'facts'> &
  Hashing &
  Asking;

/** Who is asked for what the store does not have. */
interface Asking {
  readonly team?: Pick<Team, 'find'> | undefined;
}

/** Foresees a run without doing any of it, with the outputs that steps made the last time standing in. */
export async function previewRun(
  options: Pick<RunContext, 'store' | 'plan' | 'sources' | 'onHost'> & Hashing & Asking,
): Promise<Preview[]> {
  const { store, plan } = options;
  const history = openHistory(store, plan.root, plan.pipeline);
  const context = { ...options, history, facts: openMemo(store, 'facts') };
  const made = new Map<string, Made>();
  const previews = new Map<string, Preview>();
  for (const step of plan.steps) previews.set(step.name, await previewStep(context, step, made, previews));
  return [...previews.values()];
}

async function previewStep(
  context: PreviewContext,
  step: PlannedStep,
  made: Map<string, Made>,
  previews: ReadonlyMap<string, Preview>,
): Promise<Preview> {
  const known: readonly unknown[] = ['cached', 'team'];
  const waitsFor = step.after.filter((name) => !known.includes(previews.get(name)?.verdict));
  const unmade = step.after.filter((name) => !made.has(name));
  if (unmade.length > 0) {
    return { step: step.name, verdict: 'unknown', waitsFor: unmade, why: [] };
  }
  const { action, key, choice, ...decided } = await decide(context, step, made);
  if (decided.verdict === 'cached') {
    made.set(step.name, decided.result);
    const verdict = waitsFor.length === 0 ? 'cached' : 'cached-if-same';
    return { step: step.name, verdict, waitsFor, why: [], key, action };
  }
  const choices = waitsFor.length > 0 ? [] : [{ step, action, key, choice }, ...decided.others];
  for (const one of choices) {
    const entry = await context.team?.find(one);
    if (entry === undefined) continue;
    made.set(step.name, entry);
    return { step: step.name, verdict: 'team', waitsFor, why: [], key: one.key, action: one.action };
  }
  const record = readRecord(context.history, step.name);
  const before = record === undefined ? undefined : readAction(context.store, record.key);
  if (before !== undefined) made.set(step.name, before);
  return { step: step.name, verdict: 'run', why: whyRun(context, step, action), waitsFor, key, action };
}

/** Why an action that is not in the store will be executed: never empty. */
export function whyRun(
  context: Pick<RunContext, 'store' | 'history' | 'plan'>,
  step: PlannedStep,
  action: Action,
): string[] {
  const record = readRecord(context.history, step.name);
  if (record === undefined) return ['it has not run here before'];
  const { store, plan } = context;
  const changes = explainChange(record.action, action, { step, store, root: plan.root });
  if (changes.length > 0) return changes;
  return [record.outcome === 'failed' ? 'it failed the last time' : 'its artifact is no longer in the store'];
}
