import { constants, inflateSync } from 'node:zlib';
import { FormatError, type ByteSource } from '../../base/index.ts';
import { decodeLzfse } from '../lzfse/index.ts';
import { decodeLzvn } from '../lzfse/lzvn.ts';
import { newOutput } from '../lzfse/output.ts';
import { checkRange, memorySource } from '../source/index.ts';
import { struct, u32le, u64le } from '../struct/index.ts';

/** Beginning of the attribute "com.apple.decmpfs": the file's data follow, or are in its resource fork. Little-endian. */
const decmpfs = struct('hfsplus.decmpfs', { magic: u32le, type: u32le, size: u64le });
const magic = 0x636d7066; // "fpmc"

export const decmpfsName = 'com.apple.decmpfs';

type Codec = 'raw' | 'zlib' | 'lzvn' | 'lzfse';
const types: ReadonlyMap<number, { readonly codec: Codec; readonly where: 'attribute' | 'resource' }> =
  new Map([
    [1, { codec: 'raw', where: 'attribute' }],
    [3, { codec: 'zlib', where: 'attribute' }],
    [4, { codec: 'zlib', where: 'resource' }],
    [7, { codec: 'lzvn', where: 'attribute' }],
    [8, { codec: 'lzvn', where: 'resource' }],
    [9, { codec: 'raw', where: 'attribute' }],
    [10, { codec: 'raw', where: 'resource' }],
    [11, { codec: 'lzfse', where: 'attribute' }],
    [12, { codec: 'lzfse', where: 'resource' }],
  ]);

/** What a block of the resource fork decodes to; the last may be shorter. */
const blockSize = 65536;
/** Attributes hold some KB; no writer packs more than this into one. */
const largestInline = 16 * 2 ** 20;

/** How a file with UF_COMPRESSED has its data. */
export type Compressed =
  | { readonly kind: 'whole'; readonly data: Uint8Array }
  | {
      readonly kind: 'blocks';
      readonly codec: Codec;
      /** Of the data. */
      readonly size: number;
      readonly count: number;
      /** Where a block lies in the resource fork. @throws FormatError */
      readonly place: Places;
    }
  | { readonly kind: 'unknown'; readonly type: number };

/**
 * Reads what the attribute says, and decodes the data when they are in it.
 * @param at where the file's record lies, for errors
 */
export async function openCompressed(
  attribute: ByteSource,
  resource: ByteSource,
  at: number,
): Promise<Compressed> {
  const fail = (message: string): never => {
    throw new FormatError('hfsplus', `compressed file: ${message}`, { offset: at });
  };
  if (attribute.size < decmpfs.size || attribute.size > largestInline)
    return fail(`its attribute has ${attribute.size} bytes`);
  const raw = Buffer.from(await attribute.read(0, attribute.size));
  const head = decmpfs.decode(raw, 0, at);
  const kind = types.get(head.type);
  if (head.magic !== magic) return fail('its attribute does not begin with "fpmc"');
  if (kind === undefined) return { kind: 'unknown', type: head.type };
  if (head.size > BigInt(Number.MAX_SAFE_INTEGER)) return fail(`${head.size} bytes are too many`);
  const size = Number(head.size);
  if (size === 0) return { kind: 'whole', data: new Uint8Array() };
  if (kind.where === 'attribute') {
    if (size > largestInline) return fail(`${size} bytes cannot come from an attribute`);
    const data = raw.subarray(decmpfs.size);
    // Type 1 has its bytes as they are; type 9 has a byte before them.
    return {
      kind: 'whole',
      data: head.type === 1 ? exactly(data, size, at) : decodeBlock(kind.codec, data, size, at),
    };
  }
  const count = Math.ceil(size / blockSize);
  const places =
    kind.codec === 'zlib' ? await zlibTable(resource, count, fail) : await offsetTable(resource, count, fail);
  const place: Places = (index) => {
    const { from, to } = places(index);
    if (from > to || to > resource.size || to - from > 2 * blockSize)
      return fail(`block ${index} is from byte ${from} to ${to} of the resource fork`);
    return { from, to };
  };
  return { kind: 'blocks', codec: kind.codec, size, count, place };
}

/**
 * The data of a file with UF_COMPRESSED.
 * @param at where the file's record lies, for errors
 */
export async function decompressed(
  attribute: ByteSource,
  resource: ByteSource,
  at: number,
): Promise<ByteSource> {
  const file = await openCompressed(attribute, resource, at);
  if (file.kind === 'whole') return memorySource(file.data);
  if (file.kind === 'unknown')
    throw new FormatError('hfsplus', `compressed file: its type ${file.type} is not known`, { offset: at });
  const { size, codec, place } = file;
  let cached: { index: number; data: Uint8Array } | undefined;
  const block = async (index: number): Promise<Uint8Array> => {
    if (cached?.index === index) return cached.data;
    const { from, to } = place(index);
    const expected = Math.min(blockSize, size - index * blockSize);
    const data = decodeBlock(codec, await resource.read(from, to - from), expected, at);
    cached = { index, data };
    return data;
  };
  return {
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const output = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const index = Math.floor((offset + done) / blockSize);
        const data = await block(index);
        const part = data.subarray(offset + done - index * blockSize).subarray(0, length - done);
        output.set(part, done);
        done += part.length;
      }
      return output;
    },
  };
}

type Places = (index: number) => { readonly from: number; readonly to: number };

/** A resource fork proper: its data begin with a size, then little-endian the number of blocks and their places. */
async function zlibTable(
  resource: ByteSource,
  count: number,
  fail: (message: string) => never,
): Promise<Places> {
  if (resource.size < 264) return fail(`its resource fork has ${resource.size} bytes`);
  const dataAt = Buffer.from(await resource.read(0, 4)).readUInt32BE(0);
  const table = dataAt + 8;
  if (table + 8 * count > resource.size)
    return fail(`its table of ${count} blocks is not in the resource fork`);
  const announced = Buffer.from(await resource.read(dataAt + 4, 4)).readUInt32LE(0);
  if (announced < count) return fail(`it has ${announced} blocks instead of ${count}`);
  const data = Buffer.from(await resource.read(table, 8 * count));
  return (index) => {
    const from = dataAt + 4 + data.readUInt32LE(8 * index);
    return { from, to: from + data.readUInt32LE(8 * index + 4) };
  };
}

/** No more than offsets, little-endian, of the blocks and of their end. */
async function offsetTable(
  resource: ByteSource,
  count: number,
  fail: (message: string) => never,
): Promise<Places> {
  const size = 4 * (count + 1);
  if (size > resource.size) return fail(`its table of ${count} blocks is not in the resource fork`);
  const data = Buffer.from(await resource.read(0, size));
  return (index) => ({ from: data.readUInt32LE(4 * index), to: data.readUInt32LE(4 * index + 4) });
}

/** The first byte of a block that would not get smaller: its bytes follow as they are. */
const storedMark: Readonly<Record<Codec, (byte: number) => boolean>> = {
  raw: () => true,
  zlib: (byte) => (byte & 0x0f) === 0x0f,
  lzvn: (byte) => byte === 0x06,
  lzfse: (byte) => byte === 0xff,
};

function decodeBlock(codec: Codec, data: Uint8Array, size: number, at: number): Uint8Array {
  const first = data[0];
  if (first === undefined) throw new FormatError('hfsplus', 'a compressed block is empty', { offset: at });
  if (storedMark[codec](first)) return exactly(data.subarray(1), size, at);
  if (codec === 'lzfse') return decodeLzfse(data, size, at);
  if (codec === 'lzvn') {
    const output = newOutput(size);
    decodeLzvn(data, output, at);
    return exactly(output.bytes.subarray(0, output.length), size, at);
  }
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(data, { maxOutputLength: size, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError('hfsplus', `a compressed block does not decode: ${reason}`, { offset: at });
  }
  return exactly(inflated, size, at);
}

function exactly(data: Uint8Array, size: number, at: number): Uint8Array {
  if (data.length >= size) return data.subarray(0, size);
  throw new FormatError('hfsplus', `a compressed block has ${data.length} bytes instead of ${size}`, {
    offset: at,
  });
}
