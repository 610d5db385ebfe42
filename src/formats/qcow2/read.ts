import { FormatError, type ByteSource } from '../../base/index.ts';
import { bytes, struct, u32, u64 } from '../struct/index.ts';

/*
 * The header of a qcow2 image (QEMU, docs/interop/qcow2.txt): only what says which other files the disk is made of. All
 * integers are big-endian.
 */
const header = struct('qcow2.header', {
  magic: u32, // "QFI\xfb"
  version: u32, // 2 or 3; 1 is the format before
  backingOffset: u64,
  backingLength: u32, // at most 1023
  clusterBits: u32,
  size: u64,
});
const version3 = struct('qcow2.header3', {
  version2: bytes(72),
  incompatible: u64,
  compatible: u64,
  autoclear: u64,
  refcountOrder: u32,
  headerLength: u32,
});
const extension = struct('qcow2.extension', { type: u32, length: u32 });

const magic = 0x514649fb;
const externalDataFile = 4n;
const extensionTypes = { end: 0, backingFormat: 0xe2792aca, dataFile: 0x44415441 } as const;
const longestName = 1023;
/** Real images have a handful. */
const mostExtensions = 64;

/** What an image's header says of its disk and of other files. Names are as the image has them. */
export interface Qcow2 {
  readonly version: 2 | 3;
  /** Of the disk, in bytes. */
  readonly size: bigint;
  /** The file that the disk starts from. */
  readonly backing?: string;
  readonly backingFormat?: string;
  /** The file that has the disk's data; '' when the image says that there is one and does not name it. */
  readonly dataFile?: string;
}

/** Reads the header. @returns undefined when the file is no qcow2 image @throws FormatError when it is a damaged one */
export async function readQcow2(source: ByteSource): Promise<Qcow2 | undefined> {
  if (source.size < header.size) return undefined;
  const first = header.decode(await source.read(0, header.size), 0, 0);
  if (first.magic !== magic || first.version < 2) return undefined;
  const fail = (message: string, offset: number): never => {
    throw new FormatError('qcow2', message, { offset });
  };
  if (first.version > 3) return fail(`version ${first.version} is not known`, 4);
  if (first.clusterBits < 9 || first.clusterBits > 21)
    return fail(`clusters of 2^${first.clusterBits} bytes are not allowed`, 20);
  const { length, incompatible } = await lengthOf(source, first.version, fail);
  const names = await extensionsOf(source, length, Math.min(source.size, 2 ** first.clusterBits), fail);
  const { backingLength } = first;
  if (first.backingOffset !== 0n && backingLength > longestName)
    return fail(`the name of its backing file has ${backingLength} bytes`, 16);
  const backing =
    first.backingOffset === 0n || backingLength === 0
      ? undefined
      : await textAt(source, first.backingOffset, backingLength, fail);
  const hasDataFile = (incompatible & externalDataFile) !== 0n;
  return {
    version: first.version === 2 ? 2 : 3,
    size: first.size,
    ...(backing !== undefined && { backing }),
    ...(names.backingFormat !== undefined && { backingFormat: names.backingFormat }),
    ...(hasDataFile && { dataFile: names.dataFile ?? '' }),
  };
}

type Fail = (message: string, offset: number) => never;

async function lengthOf(
  source: ByteSource,
  version: number,
  fail: Fail,
): Promise<{ readonly length: number; readonly incompatible: bigint }> {
  if (version === 2) return { length: 72, incompatible: 0n };
  if (source.size < version3.size) return fail('ends inside its header', source.size);
  const { headerLength, incompatible } = version3.decode(await source.read(0, version3.size), 0, 0);
  if (headerLength < version3.size || headerLength > source.size)
    return fail(`a header of ${headerLength} bytes is not allowed`, 100);
  return { length: headerLength, incompatible };
}

/** The names that stand in extensions of the header, which end with the first cluster. */
async function extensionsOf(
  source: ByteSource,
  from: number,
  end: number,
  fail: Fail,
): Promise<{ readonly backingFormat?: string; readonly dataFile?: string }> {
  const found: { backingFormat?: string; dataFile?: string } = {};
  let at = from;
  for (let count = 0; at + extension.size <= end; count++) {
    if (count > mostExtensions) return fail('has too many header extensions', at);
    const { type, length } = extension.decode(await source.read(at, extension.size), 0, at);
    if (type === extensionTypes.end) return found;
    const data = at + extension.size;
    if (length > end - data)
      return fail(`a header extension of ${length} bytes extends beyond its cluster`, at);
    if (type === extensionTypes.backingFormat || type === extensionTypes.dataFile) {
      if (length > longestName) return fail(`a header extension has a name of ${length} bytes`, at);
      const text = await textAt(source, BigInt(data), length, fail);
      if (type === extensionTypes.dataFile) found.dataFile = text;
      else found.backingFormat = text;
    }
    at = data + Math.ceil(length / 8) * 8;
  }
  return found;
}

async function textAt(source: ByteSource, offset: bigint, length: number, fail: Fail): Promise<string> {
  if (offset + BigInt(length) > BigInt(source.size))
    return fail(`a name of ${length} bytes at ${offset} extends beyond the file`, 8);
  const text = Buffer.from(await source.read(Number(offset), length)).toString('utf8');
  if (text.includes('\0')) return fail('a name has a NUL in it', Number(offset));
  return text;
}
