import type { ByteSource, ByteTarget } from '../base/index.ts';
import { growApm } from '../formats/apm/index.ts';
import { growGpt, type Growth } from '../formats/gpt/index.ts';
import { growMbr } from '../formats/mbr/index.ts';
import { readPartitionMap } from './open/map/partition-map.ts';

export interface GrowOptions {
  /** Of what the disk's new size is a multiple, in bytes: 2048 for what a CD-ROM drive is to show. By default 512. */
  readonly multipleOf?: number;
}

/**
 * How a disk changes when one of its partitions grows to `size` bytes: its map and its own size. Nothing is written.
 * A disk without a map is a volume, and simply becomes longer.
 * @param partition as readPartitionMap gives it
 * @param size in bytes, in whole blocks of the map and not less than it is
 * @throws Failure 'no-room' when another partition is in the way, 'usage' when it cannot grow to that size;
 *   FormatError when the map is damaged
 */
export async function planGrowth(
  disk: ByteSource,
  partition: { readonly offset: number },
  size: number,
  { multipleOf = 512 }: GrowOptions = {},
): Promise<Growth> {
  const { offset } = partition;
  const growth =
    (await growGpt(disk, offset, size, multipleOf)) ??
    (await growApm(disk, offset, size, multipleOf)) ??
    ((await readPartitionMap(disk)) === undefined
      ? undefined
      : await growMbr(disk, offset, size, multipleOf));
  if (growth !== undefined) return growth;
  const total = Math.ceil((offset + size) / multipleOf) * multipleOf;
  return { size: Math.max(disk.size, total), patches: [] };
}

/**
 * Grows a partition in place, before the volume in it: mends its map, and makes the disk as long as it says.
 * @returns the disk's new size in bytes
 * @throws as planGrowth does, with nothing written
 */
export async function growPartition(
  disk: ByteTarget,
  partition: { readonly offset: number },
  size: number,
  options: GrowOptions = {},
): Promise<number> {
  const growth = await planGrowth(disk, partition, size, options);
  if (growth.size > disk.size) await disk.write(growth.size - 1, new Uint8Array(1));
  for (const { offset, bytes } of growth.patches) await disk.write(offset, bytes);
  return growth.size;
}
