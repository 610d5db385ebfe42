import { FormatError, type ByteSource } from '../../base/index.ts';
import { checkRange } from '../source/index.ts';
import { journalFlag, journalInfo } from './records.ts';
import { volumeAttribute, type VolumeHeader } from './volume-header.ts';

/** What a volume's journal says. */
export interface Journal {
  /** Where its header lies in the volume. */
  readonly offset: number;
  readonly size: number;
  /** Sectors that were written to the journal and perhaps not to their place: by their offset in the volume. */
  readonly pending: ReadonlyMap<number, Uint8Array>;
  /** Of the sectors. */
  readonly sectorSize: number;
  /** The journal's header with its end moved to its start. */
  readonly emptied: Uint8Array;
}

const magic = 0x4a4e4c78;
const endian = 0x12345678;
const headerSize = 44;
const listHeaderSize = 16;
const checkedListBytes = 32;
const killed = 0xffffffffffffffffn;

/**
 * Reads the journal. @returns undefined when the volume has none, or one that has yet to be set up
 * @throws FormatError when it cannot be read, or is on another device
 */
export async function readJournal(volume: ByteSource, header: VolumeHeader): Promise<Journal | undefined> {
  if ((header.attributes & volumeAttribute.journaled) === 0) return undefined;
  const infoAt = header.journalInfoBlock * header.blockSize;
  const fail = (message: string, offset: number): never => {
    throw new FormatError('hfsplus', message, { offset });
  };
  if (header.journalInfoBlock === 0 || infoAt + journalInfo.size > volume.size) {
    return fail(`invalid block of the journal's description: ${header.journalInfoBlock}`, 1024 + 12);
  }
  const info = journalInfo.decode(await volume.read(infoAt, journalInfo.size), 0, infoAt);
  if ((info.flags & journalFlag.needsInit) !== 0) return undefined;
  if ((info.flags & journalFlag.inVolume) === 0) return fail('the journal is on another device', infoAt);
  if (info.offset + info.size > BigInt(volume.size) || info.size < 1024n)
    return fail(`the journal of ${info.size} bytes at ${info.offset} extends beyond the volume`, infoAt + 36);
  const offset = Number(info.offset);
  const size = Number(info.size);

  const head = Buffer.from(await volume.read(offset, headerSize));
  const little = head.readUInt32LE(4) === endian;
  const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.length);
  const u32 = (data: Uint8Array, from: number): number => view(data).getUint32(from, little);
  const u64 = (data: Uint8Array, from: number): bigint => view(data).getBigUint64(from, little);
  if (u32(head, 0) !== magic || u32(head, 4) !== endian)
    return fail('the journal does not begin with its signature', offset);
  const sectorSize = u32(head, 40);
  const listSize = u32(head, 32);
  if (u32(head, 36) !== checksum(head, 36))
    return fail("the journal's header has a wrong checksum", offset + 36);
  if (sectorSize < 512 || sectorSize > 65536 || (sectorSize & (sectorSize - 1)) !== 0)
    return fail(`the journal has sectors of ${sectorSize} bytes`, offset + 40);
  if (listSize < checkedListBytes || listSize > size)
    return fail(`the journal has lists of ${listSize} bytes`, offset + 32);
  if (u64(head, 24) !== info.size)
    return fail('the journal has another size than its description', offset + 24);
  const start = Number(u64(head, 8));
  const end = Number(u64(head, 16));
  const inside = (at: number): boolean => at >= sectorSize && at <= size;
  const emptied = Buffer.from(head);
  view(emptied).setBigUint64(8, BigInt(end), little);
  view(emptied).setUint32(36, 0, little);
  view(emptied).setUint32(36, checksum(emptied, 36), little);
  const pending = new Map<number, Uint8Array>();
  if (start === end) return { offset, size, pending, sectorSize, emptied };
  if (!inside(start) || !inside(end))
    return fail(`the journal's entries from ${start} to ${end} leave it`, offset + 8);

  let left = end > start ? end - start : size - start + end - sectorSize;
  let at = start;
  /** Takes bytes from the ring, which goes on after its header where it ends. */
  const take = async (length: number): Promise<Buffer> => {
    if (length > left) fail('the journal ends inside an entry', offset + at);
    left -= length;
    const before = Math.min(length, size - at);
    const parts = [await volume.read(offset + at, before)];
    at += before;
    if (at >= size) at = sectorSize;
    if (length > before) {
      parts.push(await volume.read(offset + at, length - before));
      at += length - before;
    }
    return Buffer.concat(parts);
  };
  while (left > 0) {
    const listAt = offset + at;
    const list = await take(listSize);
    const count = view(list).getUint16(2, little);
    if (u32(list, 8) !== checksum(list.subarray(0, checkedListBytes), 8))
      return fail("the journal's list of blocks has a wrong checksum", listAt);
    if (listHeaderSize * (count + 1) > listSize)
      return fail(`the journal lists ${count} blocks at once`, listAt + 2);
    for (let index = 1; index < count; index++) {
      const entry = listHeaderSize * (index + 1);
      const sector = u64(list, entry);
      const length = u32(list, entry + 8);
      const data = await take(length);
      if (sector === killed) continue;
      const place = sector * BigInt(sectorSize);
      if (length % sectorSize !== 0 || place + BigInt(length) > BigInt(volume.size))
        return fail(`the journal would write ${length} bytes at sector ${sector}`, listAt + entry);
      for (let from = 0; from < length; from += sectorSize)
        pending.set(Number(place) + from, data.subarray(from, from + sectorSize));
    }
  }
  return { offset, size, pending, sectorSize, emptied };
}

/** A volume as it is when its journal has been replayed. */
export function replayed(volume: ByteSource, { pending, sectorSize }: Journal): ByteSource {
  if (pending.size === 0) return volume;
  return {
    size: volume.size,
    async read(offset, length) {
      checkRange(volume, offset, length);
      const data = new Uint8Array(await volume.read(offset, length));
      for (let at = offset - (offset % sectorSize); at < offset + length; at += sectorSize) {
        const sector = pending.get(at);
        if (sector === undefined) continue;
        const from = Math.max(at, offset);
        const to = Math.min(at + sectorSize, offset + length);
        data.set(sector.subarray(from - at, to - at), from - offset);
      }
      return data;
    },
  };
}

/** The journal's own sum over bytes of which those of the sum itself, four at `field`, count as 0. */
function checksum(data: Uint8Array, field: number): number {
  let sum = 0;
  for (let index = 0; index < data.length; index++) {
    const byte = index >= field && index < field + 4 ? 0 : (data[index] ?? 0);
    sum = ((sum << 8) ^ (sum + byte)) | 0;
  }
  return ~sum >>> 0;
}
