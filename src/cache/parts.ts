import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Sha256 } from '../base/index.ts';
import type { Blob } from '../store/index.ts';

/** A part of a file, as a blob of its own. */
export interface Part extends Blob {
  /** In bytes, from the file's beginning. */
  readonly offset: number;
}

/** Blobs up to this size, in bytes, travel whole. */
export const wholeLimit = 1 << 20;

/** No part is longer, in bytes. */
export const longestPart = 4 << 20;

/** How large parts are, in bytes. */
interface Sizes {
  readonly least: number;
  /** A power of two. */
  readonly usual: number;
  readonly most: number;
}

/** Of a blob of that size. No part of one up to 4 GiB is longer than what servers take unasked: 1 MiB. */
function sizesFor(size: number): Sizes {
  const usual = size > 4 * 2 ** 30 ? 1 << 20 : 1 << 18;
  return { least: usual / 4, usual, most: usual * 4 };
}

/**
 * Cuts a file into parts where its content says so: a gear hash over the last 32 bytes decides, so that bytes that are
 * put in or taken out move the cuts beside them alone, and what is the same in two files is the same parts. The rule is
 * part of the protocol between machines: another one would share nothing with what is stored.
 * @param size of the file, in bytes
 */
export async function* partsOf(path: string, size: number): AsyncGenerator<Part> {
  const { least, usual, most } = sizesFor(size);
  // The upper bits of the hash know the most bytes before: a bit that is shifted out has seen 32 of them.
  const mask = (usual - 1) << (32 - Math.log2(usual));
  let [offset, length, gear] = [0, 0, 0];
  let hash = createHash('sha256');
  const cut = (): Part => {
    const part = { digest: hash.digest('hex') as Sha256, size: length, offset };
    offset += length;
    [length, gear] = [0, 0];
    hash = createHash('sha256');
    return part;
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      gear = ((gear << 1) + (gears[chunk[at] as number] as number)) | 0;
      length += 1;
      if (length < most && (length < least || (gear & mask) !== 0)) continue;
      hash.update(chunk.subarray(from, at + 1));
      from = at + 1;
      yield cut();
    }
    hash.update(chunk.subarray(from));
  }
  if (length > 0) yield cut();
}

/** A number for each byte, the same on every machine: the first four bytes of SHA-256 of "cidermill gear N". */
const gears = Int32Array.from({ length: 256 }, (_, byte) =>
  createHash('sha256').update(`cidermill gear ${byte}`).digest().readInt32BE(),
);
