import { createHash } from 'node:crypto';
import type { Sha256 } from '../../base/index.ts';
import { memorySource } from '../../formats/source/index.ts';
import type { Content } from './side.ts';

/** Files up to this many bytes are kept, so that their lines can be shown, and all together up to the second. */
const [mostOfOne, mostOfAll] = [64 << 10, 64 << 20];

/** Takes the contents of a stream's files as they go by: small ones are kept, of others the digest is. */
export class StreamedContents {
  #kept = 0;

  async take(bytes: AsyncIterable<Uint8Array>): Promise<Content> {
    const hash = createHash('sha256');
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of bytes) {
      hash.update(piece);
      size += piece.length;
      if (size <= mostOfOne) pieces.push(Buffer.from(piece));
    }
    if (size > mostOfOne || this.#kept + size > mostOfAll)
      return { kind: 'digest', size, digest: hash.digest('hex') as Sha256 };
    this.#kept += size;
    return inMemory(Buffer.concat(pieces));
  }
}

export function inMemory(bytes: Uint8Array): Content {
  return { kind: 'bytes', size: bytes.length, open: () => Promise.resolve(memorySource(bytes)) };
}
