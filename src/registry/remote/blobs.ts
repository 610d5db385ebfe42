import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Failure } from '../../base/index.ts';
import { requestFailure } from '../../sources/http/http-failure.ts';
import { refusal } from './answer.ts';
import type { Remote } from './remote.ts';

/** A blob to be sent: bytes in memory, or a range of a file. */
export interface Upload {
  readonly digest: string;
  readonly size: number;
  readonly content: Buffer | string;
}

/** Is a blob in the repository? */
export function hasRemoteBlob(remote: Remote, digest: string): Promise<boolean> {
  return remote.attempt(async () => {
    const answer = await remote.ask(remote.url(`blobs/${digest}`), { method: 'HEAD' });
    answer.body.destroy();
    if (answer.status === 200) return true;
    if (answer.status === 404) return false;
    throw await refusal(answer, `say whether it has ${digest}`);
  });
}

/**
 * Sends a blob unless it is there already: one POST, one PUT with all of it.
 * @param onSent is told of every byte that goes out, also of those of an attempt that failed
 * @returns the bytes that were sent: 0 when it was there
 */
export async function sendBlob(
  remote: Remote,
  { digest, size, content }: Upload,
  onSent: (bytes: number) => void = () => undefined,
): Promise<number> {
  if (await hasRemoteBlob(remote, digest)) return 0;
  await remote.attempt(async () => {
    const begun = await remote.ask(remote.url('blobs/uploads/'), {
      method: 'POST',
      headers: { 'content-length': '0' },
    });
    const { location } = begun.headers;
    if (begun.status !== 202 || location === undefined)
      throw await refusal(begun, `take a blob for ${remote.repository.name}`);
    begun.body.destroy();
    if (!URL.canParse(location, begun.url))
      throw new Failure('registry-answer', `${remote.repository.host} gives no address to send a blob to`);
    const url = new URL(location, begun.url);
    url.searchParams.append('digest', digest);
    const answer = await remote.ask(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: () => counted(content, onSent),
    });
    if (answer.status !== 201) throw await refusal(answer, `take the blob ${digest}`);
    answer.body.destroy();
  });
  return size;
}

function counted(content: Buffer | string, onSent: (bytes: number) => void): Buffer | Readable {
  if (typeof content !== 'string') {
    onSent(content.length);
    return content;
  }
  const stream = createReadStream(content, { highWaterMark: 1 << 20 });
  stream.on('data', (part) => onSent(part.length));
  stream.pause();
  return stream;
}

/** A range of a blob, in bytes. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a range of a blob, piece by piece, once: who reads asks again from where it was.
 * A server without ranges gives the blob from its beginning, which is then dropped up to the range.
 * @param size of the whole blob
 * @throws Failure 'registry-refused', 'fetch-failed', 'registry-answer' when fewer bytes come; temporary where another attempt may help
 */
export async function* readBlob(
  remote: Remote,
  digest: string,
  { start, end }: Range,
  size: number,
): AsyncGenerator<Buffer> {
  const whole = start === 0 && end === size;
  const answer = await remote.ask(
    remote.url(`blobs/${digest}`),
    whole ? {} : { headers: { range: `bytes=${start}-${end - 1}` } },
  );
  if (answer.status !== 200 && answer.status !== 206) throw await refusal(answer, `give ${digest}`);
  const from = answer.status === 200 ? 0 : beginning(answer.headers['content-range'], start);
  let at = from;
  try {
    for await (const part of answer.body as AsyncIterable<Buffer>) {
      const piece = part.subarray(Math.max(0, start - at), Math.max(0, end - at));
      at += part.length;
      if (piece.length > 0) yield piece;
      if (at >= end) return;
    }
  } catch (error) {
    throw requestFailure(answer.url, error);
  } finally {
    answer.body.destroy();
  }
  throw new Failure('fetch-failed', `${answer.url} broke off at byte ${at} of ${end}`, { temporary: true });
}

/** @throws Failure 'registry-answer' when a partial answer begins elsewhere */
function beginning(header: string | undefined, start: number): number {
  const from = Number(/^bytes (\d+)-/.exec(header ?? '')?.[1] ?? NaN);
  if (from === start) return from;
  throw new Failure('registry-answer', `a registry was asked for bytes from ${start} and gives others`);
}
