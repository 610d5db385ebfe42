import { isRecord, type FailureCode } from '../../base/index.ts';
import type { StepEvent } from '../../step/protocol.ts';
import type { Blob } from '../../store/index.ts';
import { isBlob } from './job.ts';

/** An output that two machines made differently of one action. */
export interface Difference {
  readonly output: string;
  /** Digest of what this worker made, and of what the cache had. */
  readonly here: string;
  readonly there: string;
}

/** What became of a job on a worker. The artifact itself is in the shared cache. */
export type Outcome = { readonly worker: string } & (
  | {
      readonly kind: 'done';
      /** made: by this job. there: it was in the cache, or in the worker's store, already. */
      readonly how: 'made' | 'there';
      readonly differs: readonly Difference[];
    }
  /** The step itself failed. */
  | {
      readonly kind: 'failed';
      readonly code: FailureCode | 'bad-format' | 'bug';
      readonly message: string;
      readonly hint?: string;
      readonly exitCode?: number;
      readonly temporary: boolean;
      readonly tail: readonly string[];
      readonly log?: Blob;
    }
  /** It is not a job that this worker makes. */
  | { readonly kind: 'refused'; readonly message: string }
  /**
   * What it needs could not be had, or what it made not be sent: another worker may do better.
   * held: the worker has made it, and sends it when the cache answers again; then it tells of the end once more.
   */
  | { readonly kind: 'undelivered'; readonly message: string; readonly held?: boolean }
  /** No run wanted it any more. */
  | { readonly kind: 'unwanted' }
);

/** What a worker tells while it makes something. */
export type Told =
  | { readonly type: 'started'; readonly worker: string }
  /** It was told to stop; another one may begin. */
  | { readonly type: 'given-back'; readonly worker: string }
  | { readonly type: 'event'; readonly event: StepEvent }
  | { readonly type: 'lines'; readonly lines: readonly string[] }
  | {
      readonly type: 'fetching';
      readonly source: string;
      readonly what: string;
      readonly done: number;
      readonly total?: number;
    }
  | { readonly type: 'ended'; readonly outcome: Outcome };

/** Longer messages than that are not of a worker of ours; characters. */
const longestTold = 1 << 20;

/** @returns undefined for what is not of a worker of ours */
export function readTold(text: string): Told | undefined {
  if (text.length > longestTold) return undefined;
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(told)) return undefined;
  const { type } = told;
  const sound =
    ((type === 'started' || type === 'given-back') && typeof told['worker'] === 'string') ||
    (type === 'event' && isRecord(told['event']) && typeof told['event']['type'] === 'string') ||
    (type === 'lines' && isTexts(told['lines'])) ||
    (type === 'fetching' && typeof told['what'] === 'string' && typeof told['done'] === 'number') ||
    (type === 'ended' && readOutcome(told['outcome']) !== undefined);
  return sound ? (told as unknown as Told) : undefined;
}

export function readOutcome(value: unknown): Outcome | undefined {
  if (!isRecord(value) || typeof value['worker'] !== 'string') return undefined;
  const { kind, message, differs, tail, log } = value;
  const sound =
    kind === 'unwanted' ||
    (kind === 'done' && Array.isArray(differs)) ||
    ((kind === 'refused' || kind === 'undelivered') && typeof message === 'string') ||
    (kind === 'failed' &&
      typeof message === 'string' &&
      typeof value['code'] === 'string' &&
      isTexts(tail) &&
      (log === undefined || isBlob(log)));
  return sound ? (value as unknown as Outcome) : undefined;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
