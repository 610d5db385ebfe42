import { expect } from 'vitest';
import type { ByteSource } from '../../../src/base/index.ts';
import { openFork, openVolume, type Entry } from '../../../src/formats/hfsplus/index.ts';
import { slice } from '../../../src/formats/source/index.ts';
import { readPartitionMap, readVolume } from '../../../src/image/index.ts';

const sectorSize = 512;
/** A loader reads so many sectors from a wanted one on, whatever the disk's size. */
const atOnce = 64;
/** What must be free behind the last sector that a file can lie in. */
const tailSectors = 128;

/** The entries and the header at a GPT disk's end, which are not free. */
const gptBackup = 33;

/** Where every file of the HFS+ volumes of a disk ends, in bytes, by path; what cannot be a file has a name in <>. */
async function endsOf(disk: ByteSource): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  const map = await readPartitionMap(disk);
  for (const { offset, size } of map?.partitions ?? []) {
    const bytes = slice(disk, offset, size);
    const { format } = (await readVolume(bytes)) ?? {};
    if (format !== 'HFS+' && format !== 'HFSX') continue;
    const volume = await openVolume(bytes);
    const { blockSize, totalBlocks } = volume.header;
    const put = (path: string, extents: readonly { startBlock: number; blockCount: number }[]): void => {
      for (const { startBlock, blockCount } of extents)
        ends.set(path, Math.max(ends.get(path) ?? 0, offset + (startBlock + blockCount) * blockSize));
    };
    const walk = (path: string, entry: Entry): void => {
      for (const child of entry.children?.values() ?? []) walk(`${path}/${child.name}`, child);
      if (entry.kind === 'folder') return;
      for (const kind of ['data', 'resource'] as const)
        put(`${path}:${kind}`, openFork(volume, entry, kind).extents);
    };
    walk('', volume.catalog.root);
    for (const name of ['extentsFile', 'catalogFile', 'attributesFile', 'allocationFile'] as const)
      put(`<${name}>`, volume.header[name].extents);
    // Whatever is added to it later: all but the block of the alternate header.
    ends.set('<the volume>', offset + (totalBlocks - 1) * blockSize);
  }
  return ends;
}

/**
 * Expects that a loader can read every file of the disk's HFS+ volumes, 64 sectors at a time from the begin of any
 * block on, and that 128 sectors are free behind all of them.
 * @returns how many files were looked at
 */
export async function expectTail(disk: ByteSource, what: string): Promise<number> {
  const ends = await endsOf(disk);
  expect(ends.size, `${what} has an HFS+ volume`).toBeGreaterThan(0);
  const { scheme } = (await readPartitionMap(disk)) ?? {};
  const sectors = Math.floor(disk.size / sectorSize) - (scheme === 'gpt' ? gptBackup : 0);
  const short: string[] = [];
  for (const [path, end] of ends) {
    const last = Math.ceil(end / sectorSize) - 1;
    if (last + atOnce > sectors || last + tailSectors >= sectors)
      short.push(`${path} ends in sector ${last} of ${sectors}`);
  }
  expect(short.join('\n'), what).toBe('');
  return ends.size;
}
