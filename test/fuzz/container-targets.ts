import { Failure, FormatError, type ByteSource } from '../../src/base/index.ts';
import { decrypted, readEncrypted, unlock } from '../../src/formats/encrcdsa/index.ts';
import { unlzma } from '../../src/formats/lzma/index.ts';
import { growMbr, readMbr } from '../../src/formats/mbr/index.ts';
import { anatomyOf } from '../../src/formats/parts/index.ts';
import { memorySource, slice } from '../../src/formats/source/index.ts';
import { bandNumber, readBundleInfo } from '../../src/formats/sparsebundle/index.ts';
import { streamOf } from '../../src/formats/stream/index.ts';
import { joinSegments, readSegment } from '../../src/formats/udif/index.ts';
import { unxz } from '../../src/formats/xz/index.ts';
import { openDisk } from '../../src/image/index.ts';
import { drain, readSome } from './drain.ts';
import { sealXz } from './seal.ts';

/** What the encrypted seeds are opened by. */
export const password = 'a password';
/** The length of the first segment stands before both, in as many bytes. */
export const lengthSize = 4;
/** A key that is stretched longer is not tried: each case would take as long. */
const mostIterations = 1000;

/** Readers of what wraps a disk, or cuts it into pieces. */
export const containerTargets = {
  encrypted: async (bytes) => {
    const source = memorySource(bytes);
    const image = await readEncrypted(source);
    if (image === undefined) return refuse('encrcdsa', 'it is none');
    if (image.keys.some(({ iterations }) => iterations > mostIterations)) return;
    const keys = await unlock(image, password);
    if (keys === undefined) return refuse('encrcdsa', 'it has another password');
    const stored = Math.ceil(image.size / image.blockSize) * image.blockSize;
    await readSome(decrypted(slice(source, image.offset, stored), image, keys, image.size));
  },
  /** Two segments of an image, before them the length of the first. */
  segments: async (bytes) => {
    if (bytes.length < lengthSize) refuse('udif', 'there are none');
    const end = Math.min(bytes.length, lengthSize + bytes.readUInt32BE(0));
    const parts = [bytes.subarray(lengthSize, end), bytes.subarray(end)].map((each) => memorySource(each));
    const found = [];
    for (const part of parts) found.push((await readSegment(part)) ?? refuse('udif', 'one is none'));
    await readSome((await openDisk(joinSegments(found))).disk);
  },
  bundle: (bytes) => {
    const info = readBundleInfo(bytes);
    for (const name of ['0', '1f', '01', 'fffffffffffff', '-1']) bandNumber(name, info);
  },
  mbr: async (bytes) => {
    const disk: ByteSource = memorySource(bytes);
    const { partitions } = (await readMbr(disk)) ?? refuse('mbr', 'it is none');
    for (const { offset, size } of partitions)
      if (!Number.isSafeInteger(offset + size)) throw new Error('a partition without a place');
    const [last] = partitions.filter(({ logical }) => !logical).toSorted((a, b) => b.offset - a.offset);
    if (last === undefined) return;
    // Where there is no room to grow, the table was read all the same.
    await growMbr(disk, last.offset, last.size + 2 ** 20).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  },
  // A changed stream may go on for as long as one likes: several windows of the seed's show all of the decoder.
  lzma: (bytes) => drain(unlzma(streamOf(memorySource(bytes)), 0), 2 ** 18),
  /** A file of xz whose checksums are right. */
  unxz: (bytes) => drain(unxz(streamOf(memorySource(sealXz(bytes))), 0)),
  /** What a difference is looked for in: programs, archives, compressed files. */
  anatomy: async (bytes) => {
    const source = memorySource(bytes);
    const { parts } = (await anatomyOf(source)) ?? refuse('parts', 'of another format');
    for (const { name, offset, size } of parts)
      if (!(offset >= 0 && size >= 0 && offset + size <= bytes.length))
        throw new Error(`the part ${name} of ${size} bytes at ${offset} extends beyond the file`);
  },
} satisfies Record<string, (bytes: Buffer) => Promise<void> | void>;

function refuse(format: string, message: string): never {
  throw new FormatError(format, message);
}
