import { createHash, type Hash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { open, rm, truncate } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure, type Sha256 } from '../../base/index.ts';
import type { Blob } from '../../store/index.ts';
import { requestFailure, responseFailure, shownUrl } from './http-failure.ts';
import { paceChecker } from './pace.ts';

export interface DownloadOptions {
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which a connection is given up. */
  readonly patience?: number;
  /** Milliseconds in which at least a KiB a second must have come on the average. */
  readonly window?: number;
  /** Milliseconds before the second, third … attempt at one address; their count bounds the attempts. */
  readonly pauses?: readonly number[];
}

const usualPauses = [300, 1000, 3000, 8000];
/** A server that asks for more is asked again later by the user. */
const longestRetryAfter = 30_000;
/** Of a file whose size nothing has told yet. */
const largestFile = 64 * 2 ** 30;

/** Makes the file at `path` what the address holds, beginning with what is there already. */
export async function downloadTo(
  path: string,
  url: string,
  size: number | undefined,
  options: DownloadOptions,
): Promise<Blob> {
  const pauses = options.pauses ?? usualPauses;
  let etag: string | undefined;
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await attemptDownload(path, url, { size, etag, remember: (tag) => (etag = tag) }, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const failure = requestFailure(url, error);
      const pause = pauses[attempt];
      if (!failure.temporary || pause === undefined) throw failure;
      await wait(Math.max(pause, retryAfter(failure)), undefined, { signal: options.signal });
    }
  }
}

function retryAfter(failure: Failure): number {
  const headers = (failure.cause as { headers?: IncomingMessage['headers'] } | undefined)?.headers;
  const seconds = Number(headers?.['retry-after']);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, longestRetryAfter) : 0;
}

interface Known {
  readonly size: number | undefined;
  /** Of the answer that gave what is there already, where this process saw it. */
  readonly etag: string | undefined;
  readonly remember: (etag: string | undefined) => void;
}

async function attemptDownload(
  path: string,
  url: string,
  known: Known,
  { onProgress, signal, patience = 30_000, window = 60_000 }: DownloadOptions,
): Promise<Blob> {
  let have = sizeOf(path);
  // Without a digest to check the whole by, only an etag says that the rest belongs to the beginning.
  const trusted = known.size !== undefined || known.etag !== undefined;
  if (have > 0 && (!trusted || have > (known.size ?? Infinity))) {
    await rm(path, { force: true });
    have = 0;
  }
  if (have > 0 && have === known.size) return hashOf(path);
  // With node:http behind them they cost a run that downloads nothing more than all of its work.
  const [{ got }, { proxyAgents }] = await Promise.all([import('got'), import('./proxy-agents.ts')]);
  const request = got.stream(url, {
    headers: {
      'user-agent': 'cidermill',
      'accept-encoding': 'identity',
      ...(have === 0 ? {} : { range: `bytes=${have}-` }),
      ...(have === 0 || known.etag === undefined ? {} : { 'if-range': known.etag }),
    },
    agent: proxyAgents(url),
    decompress: false,
    maxRedirects: 10,
    retry: { limit: 0 },
    throwHttpErrors: false,
    timeout: {
      lookup: patience,
      connect: patience,
      secureConnect: patience,
      socket: patience,
      response: patience,
    },
    hooks: {
      beforeRedirect: [
        (next) => {
          refuseDowngrade(url, String(next.url), known.size !== undefined);
          // Another host may have another proxy, or none.
          next.agent = proxyAgents(String(next.url));
        },
      ],
    },
    ...(signal === undefined ? {} : { signal }),
  });
  // The loop below sees the errors of later; one before the answer must not be nobody's.
  request.once('error', () => undefined);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  const start = startOf(response, have);
  if (start === undefined) {
    request.destroy();
    if (response.statusCode === 416) await rm(path, { force: true });
    throw responseFailure(url, response);
  }
  const tag = response.headers.etag;
  known.remember(tag?.startsWith('W/') === true ? undefined : tag);
  if (start < have) await truncate(path, start);
  const hash = start === 0 ? createHash('sha256') : await hashFrom(path);
  const length = Number(response.headers['content-length'] ?? NaN);
  const total = known.size ?? (Number.isFinite(length) ? start + length : undefined);
  const limit = known.size ?? largestFile;
  let done = start;
  const checkPace = paceChecker(url, window);
  onProgress?.(done, total);
  // Written as it comes, not by a stream: what has come before a connection broke is there for the next attempt.
  const file = await open(path, start === 0 ? 'w' : 'a');
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      done += chunk.length;
      if (done > limit) {
        await rm(path, { force: true });
        throw new Failure('too-large', `${shownUrl(url)} gives more than the ${limit} bytes expected`);
      }
      hash.update(chunk);
      await file.appendFile(chunk);
      onProgress?.(done, total);
      checkPace(chunk.length);
    }
  } finally {
    request.destroy();
    await file.close();
  }
  if (total !== undefined && done < total && known.size === undefined) {
    throw new Failure('fetch-failed', `${shownUrl(url)} broke off at ${done} of ${total} bytes`, {
      temporary: true,
    });
  }
  return { digest: hash.digest('hex') as Sha256, size: done };
}

/** Where the answer's bytes begin in the file; undefined when it does not hold them. */
function startOf(response: IncomingMessage, have: number): number | undefined {
  if (response.statusCode === 200) return 0;
  if (response.statusCode !== 206) return undefined;
  const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  return start !== undefined && Number(start) <= have ? Number(start) : undefined;
}

/** A digest makes any road safe; a file that is to be locked must not come by a road that anyone can write on. */
function refuseDowngrade(from: string, to: string, digestKnown: boolean): void {
  if (digestKnown || !from.startsWith('https:') || to.startsWith('https:')) return;
  throw new Failure(
    'insecure-redirect',
    `${shownUrl(from)} redirects to ${shownUrl(to)}, which is not encrypted`,
  );
}

/** Bytes that are there already; 0 of a file that is not. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function hashFrom(path: string): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash;
}

async function hashOf(path: string): Promise<Blob> {
  return { digest: (await hashFrom(path)).digest('hex') as Sha256, size: sizeOf(path) };
}
