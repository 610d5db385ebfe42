import { FormatError, type ByteSource } from '../../../../base/index.ts';
import { forkExtents, forkSource, type Extent } from '../../fork.ts';
import { forkOf, type HfsVolume } from '../../open-volume.ts';
import { overflowKey, type ForkKind } from '../../overflow.ts';
import { dataForkOffset, reservedId, resourceForkOffset } from '../../records.ts';
import { volumeAttribute, type ForkData } from '../../volume-header.ts';
import { anyFree, anyInUse, clearBlocks, setBlocks, type Bitmap } from './bitmap.ts';

/** Blocks that the boot blocks and the volume header are in. */
export function blocksBefore(blockSize: number): number {
  return Math.ceil(1536 / blockSize);
}

/** Blocks at the end that are kept for the alternate header; where the volume ends inside a block, the last whole ones. */
export function blocksBehind(blockSize: number): number {
  return Math.ceil(1024 / blockSize);
}

/**
 * The blocks that are in use: those the volume's own bitmap says. It has been held against all forks, so that nothing
 * is written over because of a wrong bit. Of a volume that was not unmounted, the forks' blocks alone.
 * @throws FormatError where a fork's block is free, or another's too
 */
export async function blocksInUse(volume: HfsVolume): Promise<{ inUse: Bitmap; bitmapExtents: Extent[] }> {
  const { header, source, overflow } = volume;
  const { blockSize, totalBlocks, attributes } = header;
  const fork = (data: ForkData, id: number, what: string): Extent[] =>
    forkExtents(data, overflow.get(overflowKey(id, 'data')) ?? [], header, `the ${what} file`, 1024);
  const bitmapExtents = fork(header.allocationFile, reservedId.allocation, 'allocation');
  const size = Math.ceil(totalBlocks / 8);
  if (header.allocationFile.logicalSize < size)
    throw new FormatError('hfsplus', `the allocation file is too short for ${totalBlocks} blocks`, {
      offset: 1024 + 112,
    });
  const stored = await copyOf(
    forkSource(source, bitmapExtents, Number(header.allocationFile.logicalSize), blockSize),
    size,
  );
  // What the last byte says of blocks that do not exist must not come true when the volume grows.
  clearBlocks(stored, { startBlock: totalBlocks, blockCount: 8 * size - totalBlocks });
  const claimed = new Uint8Array(size);
  const claim = (extents: readonly Extent[], what: string, at: number): void => {
    for (const run of extents) {
      const problem = anyInUse(claimed, run) ? 'belong to something else too' : undefined;
      if (problem !== undefined || anyFree(stored, run))
        throw new FormatError(
          'hfsplus',
          `${what}: its blocks ${run.startBlock} to ${run.startBlock + run.blockCount - 1} ${problem ?? 'are free according to the volume'}; the volume must be repaired first`,
          { offset: at },
        );
      setBlocks(claimed, run);
    }
  };
  const before = { startBlock: 0, blockCount: Math.min(totalBlocks, blocksBefore(blockSize)) };
  const behind = blocksBehind(blockSize);
  for (const run of [before, { startBlock: totalBlocks - behind, blockCount: behind }]) {
    setBlocks(claimed, run);
    setBlocks(stored, run);
  }
  claim(bitmapExtents, 'the allocation file', 1024);
  claim(fork(header.extentsFile, reservedId.extents, 'extents'), 'the extents file', 1024);
  claim(fork(header.catalogFile, reservedId.catalog, 'catalog'), 'the catalog file', 1024);
  claim(fork(header.attributesFile, reservedId.attributes, 'attributes'), 'the attributes file', 1024);
  claim(fork(header.startupFile, reservedId.startup, 'startup'), 'the startup file', 1024);
  claim(overflow.get(overflowKey(reservedId.badBlocks, 'data')) ?? [], 'the bad blocks', 1024);
  for (const entry of volume.catalog.entries.values()) {
    if (entry.kind === 'folder') continue;
    for (const kind of ['data', 'resource'] as const)
      if (hasBlocks(entry.record, kind)) claim(extentsOf(volume, entry, kind), `file ${entry.id}`, entry.at);
  }
  for (const [id, own] of volume.attributes)
    for (const attribute of own.values())
      if (attribute.kind === 'fork')
        claim(attribute.extents, `the attribute "${attribute.name}" of ${id}`, attribute.at);
  if (volume.journal !== undefined) {
    const { offset, size: bytes } = volume.journal;
    const first = Math.floor(offset / blockSize);
    const count = Math.ceil((offset + bytes) / blockSize) - first;
    setBlocks(claimed, { startBlock: first, blockCount: count });
    setBlocks(claimed, { startBlock: header.journalInfoBlock, blockCount: 1 });
  }
  const clean = (attributes & (volumeAttribute.unmounted | volumeAttribute.journaled)) !== 0;
  return { inUse: clean ? stored : claimed, bitmapExtents };
}

/** The beginning of a source in memory of its own, a part at a time: a bitmap of terabytes has a hundred megabytes. */
async function copyOf(from: ByteSource, size: number): Promise<Bitmap> {
  const copy = new Uint8Array(size);
  for (let at = 0; at < size; at += 2 ** 20) copy.set(await from.read(at, Math.min(2 ** 20, size - at)), at);
  return copy;
}

/** Has a file's fork blocks, by its record? */
export function hasBlocks(record: Buffer, kind: ForkKind): boolean {
  return record.readUInt32BE((kind === 'data' ? dataForkOffset : resourceForkOffset) + 12) > 0;
}

/** All extents of a file's fork. */
export function extentsOf(
  volume: Pick<HfsVolume, 'overflow' | 'header'>,
  entry: { readonly id: number; readonly record: Buffer; readonly at?: number },
  kind: ForkKind,
): Extent[] {
  const more = volume.overflow.get(overflowKey(entry.id, kind)) ?? [];
  const what = `the ${kind} fork of file ${entry.id}`;
  return forkExtents(forkOf(entry, kind), more, volume.header, what, entry.at ?? 0);
}
