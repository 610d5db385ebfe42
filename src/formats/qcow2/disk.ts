import { inflateRawSync } from 'node:zlib';
import { FormatError, type ByteSource } from '../../base/index.ts';
import { checkRange } from '../source/index.ts';
import { bytes, struct, u32, u64 } from '../struct/index.ts';

/*
 * The tables of a qcow2 image (QEMU, docs/interop/qcow2.txt): where each cluster of the disk lies. All integers are
 * big-endian.
 */
const places = struct('qcow2.places', {
  before: bytes(20), // magic to the name of the backing file
  clusterBits: u32,
  size: u64,
  cryptMethod: u32,
  l1Size: u32, // entries
  l1Offset: u64,
  refcounts: bytes(12),
  snapshots: u32,
});
const incompatibleAt = 72;

/** Bits of `incompatible` that this reader knows what to do with: "dirty" is about refcounts alone. */
const known = 1n;
const offsetBits = 0x00ff_ffff_ffff_fe00n;
const [compressedBit, zeroBit] = [1n << 62n, 1n];
/** As QEMU has it, in bytes. */
const largestL1 = 32 << 20;
/** Tables of the second level that are kept. */
const keptTables = 32;

/** The disk in a qcow2 image that is on top of no other file. */
export interface Qcow2Disk extends ByteSource {
  readonly clusterSize: number;
  /** Internal snapshots, of which this is not the disk. */
  readonly snapshots: number;
  /** Can a range have anything but zeros, as far as the tables say? */
  isAllocated(offset: number, length: number): Promise<boolean>;
}

/**
 * Opens the disk in an image whose header `readQcow2` has read. Clusters without data are zeros.
 * @returns undefined for an image that this reader does not know: encrypted, with extended tables, or marked as damaged
 * @throws FormatError where a table leaves the file
 */
export async function openQcow2Disk(source: ByteSource): Promise<Qcow2Disk | undefined> {
  const header = places.decode(await source.read(0, places.size), 0, 0);
  const version = Buffer.from(await source.read(4, 4)).readUInt32BE();
  const incompatible = version < 3 ? 0n : Buffer.from(await source.read(incompatibleAt, 8)).readBigUInt64BE();
  if (header.cryptMethod !== 0 || (incompatible & ~known) !== 0n) return undefined;
  const fail = (message: string, offset: number): never => {
    throw new FormatError('qcow2', message, { offset });
  };
  const { clusterBits, l1Size, snapshots } = header;
  const clusterSize = 2 ** clusterBits;
  const perTable = clusterSize / 8;
  if (header.size > BigInt(Number.MAX_SAFE_INTEGER)) return fail('the disk is too large', 24);
  const size = Number(header.size);
  if (l1Size * 8 > largestL1) return fail(`a first table of ${l1Size} entries is not allowed`, 36);
  if (l1Size < Math.ceil(size / (clusterSize * perTable))) return fail('its first table is too short', 36);
  const at = Number(header.l1Offset);
  if (at + l1Size * 8 > source.size) return fail('its first table leaves the file', 40);
  const first = Buffer.from(await source.read(at, l1Size * 8));
  const tables = new Map<number, Buffer>();
  const tableOf = async (index: number): Promise<Buffer | undefined> => {
    const place = Number(first.readBigUInt64BE(index * 8) & offsetBits);
    if (place === 0) return undefined;
    const kept = tables.get(index);
    if (kept !== undefined) return kept;
    if (place + clusterSize > source.size) return fail('a second table leaves the file', at + index * 8);
    const table = Buffer.from(await source.read(place, clusterSize));
    if (tables.size >= keptTables) tables.delete(tables.keys().next().value ?? 0);
    tables.set(index, table);
    return table;
  };
  /** A cluster's entry; 0 where it has no data. */
  const entryOf = async (cluster: number): Promise<bigint> => {
    const table = await tableOf(Math.floor(cluster / perTable));
    const entry = table?.readBigUInt64BE((cluster % perTable) * 8) ?? 0n;
    if ((entry & compressedBit) !== 0n) return entry;
    return (entry & zeroBit) !== 0n ? 0n : entry & offsetBits;
  };
  const compressed = async (entry: bigint): Promise<Buffer> => {
    const bits = BigInt(62 - (clusterBits - 8));
    const place = Number(entry & ((1n << bits) - 1n));
    const sectors = Number((entry & (compressedBit - 1n)) >> bits) + 1;
    const length = Math.min(sectors * 512 - (place % 512), source.size - place);
    if (length <= 0) return fail('a compressed cluster leaves the file', place);
    try {
      const data = inflateRawSync(await source.read(place, length), { maxOutputLength: clusterSize });
      if (data.length === clusterSize) return data;
    } catch {
      // Told below.
    }
    return fail('a compressed cluster is damaged', place);
  };
  return {
    size,
    clusterSize,
    snapshots,
    async isAllocated(offset, length) {
      for (let cluster = Math.floor(offset / clusterSize); cluster * clusterSize < offset + length; cluster++)
        if ((await entryOf(cluster)) !== 0n) return true;
      return false;
    },
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const data = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const cluster = Math.floor((offset + done) / clusterSize);
        const within = (offset + done) % clusterSize;
        const part = Math.min(length - done, clusterSize - within);
        const entry = await entryOf(cluster);
        if ((entry & compressedBit) !== 0n)
          data.set((await compressed(entry)).subarray(within, within + part), done);
        else if (entry !== 0n) {
          const place = Number(entry) + within;
          // QEMU leaves out what is zero at the end of the file.
          const there = Math.max(0, Math.min(part, source.size - place));
          if (Number(entry) > source.size) return fail('a cluster leaves the file', place);
          if (there > 0) data.set(await source.read(place, there), done);
        }
        done += part;
      }
      return data;
    },
  };
}
