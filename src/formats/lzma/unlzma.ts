import { FormatError } from '../../base/index.ts';
import { ByteReader, type ByteStream } from '../stream/index.ts';
import { LzmaDecoder, type Properties, type Window } from './decode.ts';

/* A .lzma file ("LZMA alone"): properties, the dictionary's size, the size or eight bytes of 0xff; then the stream. */

const headerSize = 13;
/** Less than this is taken as this. */
const smallestDictionary = 4096;
/** xz's own limit for presets is 64 MiB; nobody's payload has more. */
const largestDictionary = 256 * 2 ** 20;
const unknownSize = 0xffffffffffffffffn;
/** How much is decoded before it is handed on. */
const stepOut = 2 ** 16;
/**
 * How much input is held meanwhile, so that no byte has to be waited for. The dearest way to a byte of output is half
 * of a match of two: 16 bits that cost up to 11 bits each and 26 plain ones, 13 bytes for one.
 */
const stepIn = 2 ** 20;

/** Does a file begin like a .lzma one? There is no signature: the header has to be one that encoders write. */
export function isLzma(head: Uint8Array): boolean {
  if (head.length < headerSize + 1 || (head[0] ?? 255) >= 9 * 5 * 5 || head[headerSize] !== 0) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const dictionary = view.getUint32(1, true);
  const size = view.getBigUint64(5, true);
  // Encoders write 2^n or 2^n + 2^(n-1).
  const highest = 31 - Math.clz32(dictionary);
  const rest = dictionary >= 2 ? (dictionary >>> 0) - 2 ** highest : 1;
  const common = dictionary === 0xffffffff || rest === 0 || rest === 2 ** (highest - 1);
  return common && (size === unknownSize || size < 2n ** 38n);
}

/**
 * Decodes a .lzma file as it comes.
 * @param at where it begins in the file, for errors
 */
export async function* unlzma(bytes: ByteStream, at: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(bytes, 'lzma');
  const fail = (message: string): never => {
    throw new FormatError('lzma', message, { offset: at });
  };
  try {
    const head = await reader.exactly(headerSize);
    const view = new DataView(head.buffer, head.byteOffset, headerSize);
    const properties = propertiesOf(view.getUint8(0)) ?? fail('does not begin like a .lzma file');
    const dictionary = Math.max(view.getUint32(1, true), smallestDictionary);
    const size = view.getBigUint64(5, true);
    const known = size === unknownSize ? undefined : Number(size);
    if (known !== undefined && !Number.isSafeInteger(known)) fail(`invalid size: ${size} bytes`);
    const most = Math.min(dictionary, known ?? Infinity);
    if (most > largestDictionary)
      fail(`a dictionary of ${dictionary} bytes is larger than the ${largestDictionary} that are supported`);

    const window: Window = { bytes: new Uint8Array(Math.max(most, smallestDictionary)), total: 0 };
    const input = new Input(reader, fail);
    const decoder = new LzmaDecoder(properties, window, () => input.next(), at);
    await input.fill();
    decoder.begin();
    for (;;) {
      const before = window.total;
      // No more than the window has, or what is handed on would be written over.
      const until = Math.min(before + Math.min(stepOut, window.bytes.length), known ?? Infinity);
      if (until > before) {
        await input.fill();
        const pause = decoder.run(until);
        if (window.total > before) yield piece(window, before);
        if (pause === 'end') break;
        continue;
      }
      await input.fill();
      if (!decoder.isOver()) fail(`decodes to more than its ${size} bytes`);
      break;
    }
    if (known !== undefined && window.total !== known)
      fail(`decodes to ${window.total} bytes instead of ${size}`);
    await input.giveBack();
    if ((await reader.peek(1)).length > 0) fail('has bytes behind its end');
  } finally {
    await reader.close();
  }
}

function propertiesOf(byte: number): Properties | undefined {
  if (byte >= 9 * 5 * 5) return undefined;
  return { lc: byte % 9, lp: Math.floor(byte / 9) % 5, pb: Math.floor(byte / 45) };
}

function piece({ bytes, total }: Window, from: number): Uint8Array {
  const output = new Uint8Array(total - from);
  const start = from % bytes.length;
  const first = bytes.subarray(start, Math.min(bytes.length, start + output.length));
  output.set(first);
  output.set(bytes.subarray(0, output.length - first.length), first.length);
  return output;
}

/** Compressed bytes at hand: the decoder asks for one at a time, and cannot wait. */
class Input {
  readonly #reader: ByteReader;
  readonly #fail: (message: string) => never;
  #held: Uint8Array = new Uint8Array();
  #position = 0;

  constructor(reader: ByteReader, fail: (message: string) => never) {
    this.#reader = reader;
    this.#fail = fail;
  }

  async fill(): Promise<void> {
    await this.giveBack();
    this.#held = await this.#reader.peek(stepIn);
  }

  async giveBack(): Promise<void> {
    await this.#reader.exactly(this.#position);
    this.#position = 0;
  }

  next(): number {
    const byte = this.#held[this.#position++];
    return byte ?? this.#fail('ends too early');
  }
}
