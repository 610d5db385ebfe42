import type PQueue from 'p-queue';
import { Failure, type Sha256 } from '../base/index.ts';
import { DamagedBlob, type Action, type ActionResult, type Blob, type Store } from '../store/index.ts';
import { bringBlobs, refuseBytes, type BringOptions } from './bring.ts';
import type { CacheContext, CacheOptions, Refused } from './context.ts';
import type { Entry } from './entry.ts';
import { findEntry } from './find.ts';
import { atOnce, cacheAgents } from './agents.ts';
import { CacheServer, type ServerOptions } from './server.ts';
import { CacheTrouble, TooLong } from './trouble.ts';
import { sendFiles, sendResult } from './send.ts';
import { emptyTally, type Tally } from './tally.ts';

export interface OpenCacheOptions extends CacheOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly onRefused: (refused: Refused) => void;
  /** Told once: why the cache is not asked, or nothing sent to it, any more. */
  readonly onTrouble: (trouble: Failure, what: 'read' | 'write') => void;
}

/**
 * The team's cache, for one run. Nothing that it does or fails to do makes a run fail: what it does not give is a miss,
 * and what it does not take is not there for others. Only an interruption and this machine's own disk are thrown.
 */
export interface SharedCache {
  readonly name: string;
  readonly tally: Tally;
  /** What it knows of an action; asked again, it is the same answer, until that is forgotten. */
  find(key: Sha256, action: Pick<Action, 'outputs'>): Promise<Entry | undefined>;
  forget(key: Sha256): void;
  /** Brings all of an entry's blobs into the store; false where that cannot be done. */
  bring(entry: Entry, options: BringOptions): Promise<boolean>;
  /** Brings those files into the store that it has. */
  bringFiles(files: readonly Blob[]): Promise<void>;
  /** Sends what was made here, and the files of its sources; nothing unless `push` is set. */
  send(result: ActionResult, log: Blob, files: readonly Blob[]): Promise<void>;
  /** Sends blobs of the store, whole. @returns are they there now? */
  sendFiles(files: readonly Blob[]): Promise<boolean>;
}

/** Bringing an artifact may take this long at least, in milliseconds, and twice as long as it took to make. */
const leastBudget = 30_000;
const mostBudget = 30 * 60_000;

export function openSharedCache(options: OpenCacheOptions): SharedCache {
  const { store, signal, push } = options;
  const tally = emptyTally();
  const server = new CacheServer(options, tally);
  const context: CacheContext = {
    ...{ options, store, server, tally, signal },
    onRefused: (refused) => {
      tally.refused += 1;
      options.onRefused(refused);
    },
    wrong: new Set(),
    there: new Set(),
  };
  const asked = new Map<Sha256, Promise<Entry | undefined>>();
  const finding = openFinding();
  const broken = new Set<'read' | 'write'>();
  /** Does it as long as the server can be used. */
  const attempt = async <T>(what: 'read' | 'write', otherwise: T, work: () => Promise<T>): Promise<T> => {
    if (broken.has(what)) return otherwise;
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DamagedBlob) return otherwise;
      if (!(error instanceof Failure) || !endings.has(error.code)) throw error;
      if (!broken.has(what)) options.onTrouble(error, what);
      // A server that cannot be read is not written to either: it would be told twice what is wrong.
      for (const each of what === 'read' ? (['read', 'write'] as const) : (['write'] as const))
        broken.add(each);
      return otherwise;
    }
  };
  return {
    name: server.name,
    tally,
    find: (key, action) => {
      const before = asked.get(key);
      if (before !== undefined) return before;
      const found = finding.run(() => attempt('read', undefined, () => findEntry(context, key, action)));
      asked.set(key, found);
      return found;
    },
    forget: (key) => void asked.delete(key),
    bring: (entry, bringing) =>
      attempt('read', false, () =>
        inTime(context, entry, (within) => bringBlobs(within, entry.blobs, bringing)),
      ),
    bringFiles: (files) =>
      attempt('read', undefined, async () => {
        const { default: Queue } = await import('p-queue');
        const queue = new Queue({ concurrency: atOnce });
        const all = files.map((file) => queue.add(() => bringFile(context, file)));
        for (const one of await Promise.allSettled(all)) if (one.status === 'rejected') throw one.reason;
      }),
    send: (result, log, files) =>
      attempt('write', undefined, async () => {
        if (!push) return;
        await sendResult(context, result, log);
        await sendFiles(context, files);
      }),
    sendFiles: (files) =>
      attempt('write', false, async () => {
        await sendFiles(context, files);
        return true;
      }),
  };
}

/** Bounds how many entries are asked for at once: what waits for a connection would count as waiting for an answer. */
function openFinding(): { run<T>(work: () => Promise<T>): Promise<T> } {
  let queue: Promise<PQueue> | undefined;
  const open = async (): Promise<PQueue> => {
    const { default: Queue } = await import('p-queue');
    return new Queue({ concurrency: atOnce });
  };
  return { run: async (work) => (await (queue ??= open())).add(work) };
}

/**
 * Asks a server for something it need not have, over a connection of its own.
 * @returns why it cannot be used; undefined when it can
 */
export async function askCache(options: ServerOptions, path: string): Promise<string | undefined> {
  try {
    await new CacheServer(options, emptyTally(), cacheAgents(options.url, false)).has(path);
    return undefined;
  } catch (error) {
    if (error instanceof CacheTrouble) return error.message;
    throw error;
  }
}

/** Why the rest of a run does without the server. */
const endings: ReadonlySet<string> = new Set([
  'cache-trouble',
  'cannot-sign',
  'no-file',
  'no-program',
  'program-killed',
]);

/** Gives up what takes longer than making it would. */
async function inTime<T>(
  context: CacheContext,
  { duration }: Entry,
  work: (context: CacheContext) => Promise<T>,
): Promise<T> {
  const budget = Math.min(Math.max(leastBudget, 2 * duration), mostBudget);
  const late = AbortSignal.timeout(budget);
  const server = context.server.until(late);
  try {
    return await work({ ...context, server });
  } catch (error) {
    if (!late.aborted || context.signal.aborted) throw error;
    const seconds = Math.round(budget / 1000);
    throw new CacheTrouble(`${server.name} is too slow: an artifact did not come within ${seconds} s`);
  }
}

async function bringFile(context: CacheContext, file: Blob): Promise<void> {
  try {
    await context.server.bring(context.store, { digest: file.digest, size: file.size });
  } catch (error) {
    const wrong = error instanceof TooLong || (error instanceof Failure && error.code === 'digest-mismatch');
    if (!wrong) throw error;
    refuseBytes(context, file.digest);
  }
}
