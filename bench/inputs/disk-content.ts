import type { ByteSource } from '../../src/base/index.ts';
import { makeGpt, gptTypes } from '../../src/formats/gpt/index.ts';

/*
 * A disk that is the same each time and is nowhere stored: text of words, records as programs have them, noise as of
 * packages and pictures, and space that was never used.
 */

const chunk = 2 ** 20;
/** What a chunk is, in turn. */
const kinds = [
  'text',
  'records',
  'text',
  'records',
  'noise',
  'records',
  'text',
  'records',
  'text',
  'records',
] as const;

/**
 * A disk with a GPT and one partition.
 * @param size of the partition, in bytes, whole mebibytes
 * @param used how many of its first bytes are not zero
 */
export function contentDisk(size: number, used: number): ByteSource {
  const id = '00000000-0000-4000-8000-000000000001';
  const made = makeGpt({ disk: id, partitions: [{ type: gptTypes.hfs, id, name: 'disk image', size }] });
  const start = made.partitions[0]?.offset ?? 0;
  let kept: { index: number; bytes: Uint8Array } = { index: -1, bytes: new Uint8Array() };
  return {
    size: made.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const put = (from: number, piece: Uint8Array): void => {
        const skipped = Math.max(0, offset - from);
        if (from + piece.length > offset && from < offset + length) {
          bytes.set(piece.subarray(skipped, offset + length - from), from + skipped - offset);
        }
      };
      for (const each of made.patches) put(each.offset, each.bytes);
      const [low, high] = [Math.max(0, offset - start), Math.min(used, offset + length - start)];
      for (let index = Math.floor(low / chunk); index * chunk < high; index++) {
        if (kept.index !== index) kept = { index, bytes: contentOf(index) };
        put(start + index * chunk, kept.bytes.subarray(0, used - index * chunk));
      }
      return Promise.resolve(bytes);
    },
  };
}

function contentOf(index: number): Uint8Array {
  const next = random(index + 1);
  switch (kinds[index % kinds.length]) {
    case 'text':
      return text(next);
    case 'records':
      return records(next);
    default:
      return noise(next);
  }
}

/** Numbers of 32 bits, by xorshift. */
function random(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const words: readonly Buffer[] = (() => {
  const next = random(0xc1de);
  const letters = 'eeeeeaaaoooiiitttnnnsssrrhhldcumfpgwybvk';
  return Array.from({ length: 6000 }, () => {
    const length = 2 + (next() % 4) + (next() % 5);
    const word = Array.from({ length }, () => letters[next() % letters.length] ?? '').join('');
    return Buffer.from(next() % 9 === 0 ? `${word},\n` : `${word} `);
  });
})();

/** Frequent words are more frequent, as in any language. */
function text(next: () => number): Uint8Array {
  const bytes = new Uint8Array(chunk);
  for (let at = 0; at < chunk;) {
    const rank = Math.floor(words.length * (next() / 2 ** 32) ** 3);
    const word = words[rank] ?? Buffer.from(' ');
    bytes.set(word.subarray(0, chunk - at), at);
    at += word.length;
  }
  return bytes;
}

/** Structures of 16 to 64 bytes that repeat with some of their bytes changed. */
function records(next: () => number): Uint8Array {
  const bytes = new Uint8Array(chunk);
  const shapes = Array.from({ length: 40 }, () => {
    return Uint8Array.from({ length: 16 + (next() % 48) }, () => (next() % 3 === 0 ? 0 : next() & 0xff));
  });
  for (let at = 0; at < chunk;) {
    const shape = shapes[next() % shapes.length] ?? new Uint8Array(16);
    bytes.set(shape.subarray(0, chunk - at), at);
    for (let changed = 2 + (next() % 5); changed > 0; changed--) {
      const place = at + (next() % shape.length);
      if (place < chunk) bytes[place] = next() & 0xff;
    }
    at += shape.length;
  }
  return bytes;
}

function noise(next: () => number): Uint8Array {
  const numbers = Uint32Array.from({ length: chunk / 4 }, next);
  return new Uint8Array(numbers.buffer);
}
