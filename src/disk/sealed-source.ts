import { Failure, type ByteSource } from '../base/index.ts';
import { blocksInUse, openVolume, readVolumeHeader, type HfsVolume } from '../formats/hfsplus/index.ts';
import { slice } from '../formats/source/index.ts';
import { contentOf, partitionsOf } from '../image/index.ts';

/** An HFS+ volume of a disk that is sealed. */
export interface SealedVolume {
  readonly name: string;
  /** In the disk, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Bytes of blocks that it does not use. */
  readonly dropped: number;
  /** Sectors that its journal still had to write, and that are written now. */
  readonly played: number;
}

export interface Sealed {
  /** The disk: blocks that no file of its volumes uses are zeros. */
  readonly source: ByteSource;
  readonly volumes: readonly SealedVolume[];
}

interface Place {
  readonly offset: number;
  readonly volume: HfsVolume;
  readonly inUse: Uint8Array;
}

/**
 * Looks at a disk as it will be sealed. Its volumes' bitmaps are held against their files first.
 * @param playJournal what a journal still has to write is written; without it such a disk is refused
 * @throws Failure 'not-a-volume' when it has no HFS+ volume; 'journal' when a journal is to be played; FormatError for a
 *   volume that is damaged
 */
export async function sealedSource(disk: ByteSource, playJournal: boolean): Promise<Sealed> {
  const places: Place[] = [];
  const volumes: SealedVolume[] = [];
  for (const partition of contentOf(await partitionsOf(disk))) {
    const { offset, size } = partition;
    if (offset + size > disk.size) continue;
    const bytes = slice(disk, offset, size);
    if (partition.content !== 'hfs' || (await readVolumeHeader(bytes)) === undefined) continue;
    const volume = await openVolume(bytes);
    const name = volume.catalog.root.name;
    const pending = volume.journal?.pending.size ?? 0;
    if (pending > 0 && !playJournal)
      throw new Failure('journal', `the journal of "${name}" still has ${pending} sectors to write`, {
        hint: 'Start the guest once and shut it down, or let them be written: --play-journal.',
      });
    const { inUse } = await blocksInUse(volume);
    const { totalBlocks, blockSize } = volume.header;
    places.push({ offset, volume, inUse });
    volumes.push({
      name,
      offset,
      size: totalBlocks * blockSize,
      dropped: freeBlocks(inUse, totalBlocks) * blockSize,
      played: pending,
    });
  }
  if (places.length === 0) throw new Failure('not-a-volume', 'the disk has no HFS+ volume');
  return {
    source: { size: disk.size, read: (offset, length) => read(disk, places, offset, length) },
    volumes,
  };
}

function freeBlocks(inUse: Uint8Array, totalBlocks: number): number {
  let used = 0;
  for (let block = 0; block < totalBlocks; block++) if (isUsed(inUse, block)) used += 1;
  return totalBlocks - used;
}

function isUsed(inUse: Uint8Array, block: number): boolean {
  return ((inUse[block >> 3] ?? 0) & (0x80 >> (block & 7))) !== 0;
}

async function read(
  disk: ByteSource,
  places: readonly Place[],
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const inside = places.find(
    ({ offset: from, volume }) => offset < from + volume.source.size && from < offset + length,
  );
  if (inside === undefined) return disk.read(offset, length);
  const { offset: from, volume, inUse } = inside;
  const [start, end] = [Math.max(offset, from), Math.min(offset + length, from + volume.source.size)];
  const data = new Uint8Array(length);
  // What is before and behind it may be another volume's.
  if (start > offset) data.set(await read(disk, places, offset, start - offset), 0);
  if (end < offset + length) data.set(await read(disk, places, end, offset + length - end), end - offset);
  data.set(await volumeBytes(volume, inUse, start - from, end - start), start - offset);
  return data;
}

async function volumeBytes(
  { source, header, journal }: HfsVolume,
  inUse: Uint8Array,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const { blockSize, totalBlocks } = header;
  const first = Math.floor(offset / blockSize);
  const last = Math.min(totalBlocks, Math.ceil((offset + length) / blockSize));
  let anyUsed = last * blockSize < offset + length;
  for (let block = first; block < last && !anyUsed; block++) anyUsed = isUsed(inUse, block);
  if (!anyUsed) return new Uint8Array(length);
  const data = new Uint8Array(await source.read(offset, length));
  for (let block = first; block < last; block++)
    if (!isUsed(inUse, block))
      data.fill(
        0,
        Math.max(0, block * blockSize - offset),
        Math.min(length, (block + 1) * blockSize - offset),
      );
  // A journal that was played has nothing more to play.
  if (journal !== undefined && journal.pending.size > 0)
    overlay(data, offset, journal.offset, journal.emptied);
  return data;
}

function overlay(data: Uint8Array, offset: number, at: number, bytes: Uint8Array): void {
  const [from, to] = [Math.max(at, offset), Math.min(at + bytes.length, offset + data.length)];
  if (from < to) data.set(bytes.subarray(from - at, to - at), from - offset);
}
