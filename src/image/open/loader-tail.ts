import type { ByteSource } from '../../base/index.ts';
import { readVolumeHeader } from '../../formats/hfsplus/index.ts';
import { tailBytes } from '../../formats/loader-tail/index.ts';
import { slice } from '../../formats/source/index.ts';
import { readPartitionMap } from './map/partition-map.ts';

/** What Chameleon reads at a time, in bytes, from the sector that it wants. */
const atOnce = 64 * 512;

/** What lies behind a disk's last HFS+ volume. */
export interface LoaderTail {
  readonly scheme: 'gpt' | 'apm' | 'mbr';
  /** In bytes, from the volume's end to the disk's. */
  readonly behind: number;
  /** Can a loader read every file that the volume may have? */
  readonly isEnough: boolean;
  /** In bytes: how large the disk has to be for all that loaders want behind the volume. */
  readonly wanted: number;
}

/** @returns undefined for a disk without a map or without an HFS+ volume, which is nothing to a loader */
export async function loaderTail(disk: ByteSource): Promise<LoaderTail | undefined> {
  const map = await readPartitionMap(disk);
  let end = 0;
  for (const { offset, size } of map?.partitions ?? []) {
    if (offset + size > disk.size) continue;
    const header = await readVolumeHeader(slice(disk, offset, size));
    if (header !== undefined) end = Math.max(end, offset + size);
  }
  if (map === undefined || end === 0) return undefined;
  const behind = disk.size - end;
  return { scheme: map.scheme, behind, isEnough: behind >= atOnce, wanted: end + tailBytes };
}
