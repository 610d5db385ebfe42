import { readFile } from 'node:fs/promises';
import type { SharedCache } from '../../cache/index.ts';
import type { RunContext, UntimedEvent } from '../../engine/context.ts';
import type { ResolvedStep } from '../../engine/decide.ts';
import { described } from '../../engine/failure-event.ts';
import { openHistory } from '../../engine/history.ts';
import { executeAction } from '../../engine/step/index.ts';
import { StepFailure } from '../../engine/step/step-failure.ts';
import { diskFailure } from '../../host/index.ts';
import type { Plan } from '../../recipe/index.ts';
import {
  DamagedBlob,
  openMemo,
  putBytes,
  readAction,
  type ActionResult,
  type Blob,
  type Store,
} from '../../store/index.ts';
import { deliver, deliverLater, type Delivery, type Made } from './deliver.ts';
import { openBriefCache, openJobCache } from './job-cache.ts';
import { bringInputs } from './job-inputs.ts';
import { openParcel } from './job-project.ts';
import { jobSources } from './job-sources.ts';
import { checkAction, checkScript, jobStep, Refusal } from './job-step.ts';
import type { Job } from '../job/job.ts';
import { choiceOf } from './open-parcel.ts';
import type { Outcome } from '../job/outcome.ts';

/** What a worker makes jobs with. */
export interface Workshop extends Delivery {
  /** How many jobs a step may use. */
  readonly jobs: number;
  /** Of Debian's archive, asked before those of the host. */
  readonly mirrors: readonly string[];
  /** Of the worker's own end. */
  readonly signal: AbortSignal;
}

/** Who hears of a job. */
export interface Hearers {
  readonly emit: (event: UntimedEvent) => void;
  /** What became of it after it was given back. */
  readonly later: (outcome: Outcome) => void;
}

/**
 * Makes the artifact that a job is about, in a sandbox as ever, and sends it to the shared cache: blobs first, then the
 * entry. What the cache has already is not made. What cannot be sent is given back, and sent later.
 * @param signal ends it
 */
export async function serveJob(
  shop: Workshop,
  job: Job,
  signal: AbortSignal,
  { emit, later }: Hearers,
): Promise<Outcome> {
  const { store, name: worker, reach } = shop;
  const undelivered = async (what: string, trouble?: string): Promise<Outcome> => {
    // Until it answers, this worker takes no other job.
    if (reach.silence === 0) await reach.now();
    return {
      ...{ kind: 'undelivered', worker },
      message: trouble === undefined ? what : `${what}: ${trouble}`,
    };
  };
  try {
    checkAction(job.action);
    const asking = openBriefCache(shop, signal, reach.silence);
    if ((await asking.cache.find(job.key, job.action)) !== undefined)
      return { kind: 'done', worker, how: 'there', differs: [] };
    const trouble = asking.trouble();
    if (trouble !== undefined) return await undelivered('the shared cache cannot be asked', trouble);
    const { cache, trouble: whyNot } = openJobCache(shop, signal);
    const before = readAction(store, job.key);
    const result = before ?? (await make(shop, job, { cache, signal, emit }));
    if (result === undefined)
      return await undelivered('the shared cache lacks what the step needs', whyNot());
    const made: Made = { job, result, how: before === undefined ? 'made' : 'there' };
    const outcome = await deliver(shop, made, signal);
    if (outcome.kind !== 'undelivered' || (reach.silence === 0 && (await reach.now()))) return outcome;
    void deliverLater(shop, made, shop.signal, later).catch(() => undefined);
    return { ...outcome, held: true };
  } catch (error) {
    if (signal.aborted) return { kind: 'unwanted', worker };
    if (error instanceof Refusal) return { kind: 'refused', worker, message: error.message };
    if (error instanceof DamagedBlob) return undelivered(error.message);
    const full = diskFailure(error, store.root);
    if (full !== undefined) return undelivered(full.message);
    return failed(store, openBriefCache(shop, signal, reach.silence).cache, worker, error);
  }
}

interface Making {
  readonly cache: SharedCache;
  readonly signal: AbortSignal;
  readonly emit: (event: UntimedEvent) => void;
}

/** @returns undefined when the cache lacks something that is needed */
async function make(
  { store, jobs, mirrors }: Workshop,
  job: Job,
  { cache, signal, emit }: Making,
): Promise<ActionResult | undefined> {
  const { key, action, parcel: blob } = job;
  const opened = await openParcel(store, cache, blob);
  if (opened === undefined) return undefined;
  const { parcel, root } = opened;
  const choice = choiceOf(parcel, action, root);
  if (typeof choice === 'string') throw new Refusal(`the job's parcel ${choice}`);
  await checkScript(store, jobStep(job, parcel, root, new Map()), action);
  const onProgress = (done: number, total: number): void =>
    emit({
      ...{ type: 'step-fetching', step: job.step, source: '', what: 'from the shared cache' },
      ...{ done, total },
    });
  const inputs = await bringInputs(store, cache, job, onProgress);
  if (inputs === undefined) return undefined;
  const step = jobStep(job, parcel, root, inputs.files);
  const plan: Plan = {
    ...{ pipeline: 'jobs', parameters: new Map(), summary: '', root, file: '', steps: [step] },
    ...{ products: [], tables: [], unneeded: [] },
  };
  const context: RunContext = {
    ...{ store, plan, jobs, signal, emit, onHost: false, offline: false },
    history: openHistory(store, root, plan.pipeline),
    sources: jobSources(store, choice, root, mirrors),
    facts: openMemo(store, 'facts'),
    fromCache: (files) => cache.bringFiles(files.map(({ sha256, size }) => ({ digest: sha256, size }))),
  };
  const resolved: ResolvedStep = { step, choice, action, key };
  return (await executeAction(context, resolved, inputs.done)).result;
}

async function failed(store: Store, cache: SharedCache, worker: string, error: unknown): Promise<Outcome> {
  const { code, message, hint, temporary } = described(error);
  const own = error instanceof StepFailure ? error : undefined;
  return {
    ...{ kind: 'failed', worker, code, message, temporary, tail: own?.tail ?? [] },
    ...(hint === undefined ? {} : { hint }),
    ...(own?.exitCode === undefined ? {} : { exitCode: own.exitCode }),
    ...(own === undefined ? {} : await sentLog(store, cache, own.log)),
  };
}

async function sentLog(store: Store, cache: SharedCache, path: string): Promise<{ readonly log?: Blob }> {
  const log = await putBytes(store, await readFile(path));
  return (await cache.sendFiles([log])) ? { log } : {};
}
