import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { openSharedCache, type SharedCache } from '../../cache/index.ts';
import type { RunContext, UntimedEvent } from '../../engine/context.ts';
import type { ResolvedStep } from '../../engine/decide.ts';
import { described } from '../../engine/failure-event.ts';
import { openHistory } from '../../engine/history.ts';
import { executeAction } from '../../engine/step/index.ts';
import { StepFailure } from '../../engine/step/step-failure.ts';
import type { TeamSettings } from '../../engine/team/team-settings.ts';
import { diskFailure } from '../../host/index.ts';
import type { Plan } from '../../recipe/index.ts';
import {
  blobPath,
  DamagedBlob,
  openMemo,
  putBytes,
  readAction,
  type ActionResult,
  type Blob,
  type Store,
} from '../../store/index.ts';
import { differences } from './differences.ts';
import { bringInputs } from './job-inputs.ts';
import { openParcel } from './job-project.ts';
import { jobSources } from './job-sources.ts';
import { checkAction, checkScript, jobStep, Refusal } from './job-step.ts';
import type { Job } from '../job/job.ts';
import { choiceOf } from './open-parcel.ts';
import type { Difference, Outcome } from '../job/outcome.ts';

/** What a worker makes jobs with. */
export interface Workshop {
  readonly name: string;
  readonly store: Store;
  readonly settings: TeamSettings;
  /** Of the shared cache: the value of the header. */
  readonly authorization: string | undefined;
  /** How many jobs a step may use. */
  readonly jobs: number;
  /** Of Debian's archive, asked before those of the host. */
  readonly mirrors: readonly string[];
}

/** For how many milliseconds a cache that cannot be reached is asked again, before a job is given to another worker. */
const patience = 10_000;

/**
 * Makes the artifact that a job is about, in a sandbox as ever, and sends it to the shared cache: blobs first, then the
 * entry. What the cache has already is not made.
 * @param signal ends it
 */
export async function serveJob(
  shop: Workshop,
  job: Job,
  signal: AbortSignal,
  emit: (event: UntimedEvent) => void,
): Promise<Outcome> {
  const { store, name: worker } = shop;
  let trouble: string | undefined;
  const cache = openSharedCache({
    ...shop.settings,
    ...{ push: true, patience, store, signal, authorization: shop.authorization },
    onRefused: ({ message }) => {
      trouble = message;
    },
    onTrouble: ({ message }) => {
      trouble = message;
    },
  });
  const undelivered = (what: string): Outcome => ({
    ...{ kind: 'undelivered', worker },
    message: trouble === undefined ? what : `${what}: ${trouble}`,
  });
  const { key, action } = job;
  try {
    checkAction(action);
    if ((await cache.find(key, action)) !== undefined)
      return { kind: 'done', worker, how: 'there', differs: [] };
    if (trouble !== undefined) return undelivered('the shared cache cannot be asked');
    const before = readAction(store, key);
    const made = before ?? (await make(shop, job, { cache, signal, emit }));
    if (made === undefined) return undelivered('the shared cache lacks what the step needs');
    const differs = await deliver(store, cache, job, made);
    if (differs === undefined) return undelivered('what was made could not be sent to the shared cache');
    return { kind: 'done', worker, how: before === undefined ? 'made' : 'there', differs };
  } catch (error) {
    if (signal.aborted) return { kind: 'unwanted', worker };
    if (error instanceof Refusal) return { kind: 'refused', worker, message: error.message };
    if (error instanceof DamagedBlob) return undelivered(error.message);
    const full = diskFailure(error, store.root);
    if (full !== undefined) return undelivered(full.message);
    return failed(store, cache, worker, error);
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

/**
 * Sends a result, unless another machine was faster: then the cache keeps that one's.
 * @returns how it differs from what the cache had; undefined when it could not be sent
 */
async function deliver(
  store: Store,
  cache: SharedCache,
  { key, action, varies }: Job,
  made: ActionResult,
): Promise<readonly Difference[] | undefined> {
  cache.forget(key);
  const before = await cache.find(key, action);
  if (before !== undefined) return differences(made, before, varies);
  await cache.send(made, { digest: made.log, size: sizeOf(store, made) }, []);
  cache.forget(key);
  return (await cache.find(key, action)) === undefined ? undefined : [];
}

function sizeOf(store: Store, { log }: ActionResult): number {
  return statSync(blobPath(store, log)).size;
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
