import { createHash } from 'node:crypto';
import type { ByteSource } from '../../base/index.ts';
import { hashRange, type CheckOptions } from './check-chunks.ts';
import { chunklistEntry, chunklistHeader, chunklistMagic, signatureMethods } from './layout.ts';

/** As in Apple's own, in bytes. */
const appleChunk = 10 * 2 ** 20;

/** Makes the list of a file, in the form that ends with its digest: no key of ours would mean anything. */
export async function makeChunklist(
  file: ByteSource,
  { onProgress, signal, chunkSize = appleChunk }: CheckOptions & { readonly chunkSize?: number } = {},
): Promise<Uint8Array> {
  const entries: Uint8Array[] = [];
  let done = 0;
  for (let at = 0; at < file.size; at += chunkSize) {
    signal?.throwIfAborted();
    const size = Math.min(chunkSize, file.size - at);
    const sha256 = await hashRange(file, at, size, (bytes) => onProgress?.((done += bytes), file.size));
    entries.push(chunklistEntry.encode({ size, sha256 }));
  }
  const chunksOffset = BigInt(chunklistHeader.size);
  const header = chunklistHeader.encode({
    magic: chunklistMagic,
    headerSize: chunklistHeader.size,
    fileVersion: 1,
    chunkMethod: 1,
    signatureMethod: signatureMethods.digest,
    padding: 0,
    chunkCount: BigInt(entries.length),
    chunksOffset,
    signatureOffset: chunksOffset + BigInt(entries.length * chunklistEntry.size),
  });
  const signed = Buffer.concat([header, ...entries]);
  return Buffer.concat([signed, createHash('sha256').update(signed).digest()]);
}
