import type { ByteSource } from '../../base/index.ts';
import { endOf, readMap } from './entries.ts';

export interface ApmPartition {
  readonly type: string;
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

export interface Apm {
  readonly partitions: readonly ApmPartition[];
  /** Where the disk ends according to its descriptor or its map, whichever is further; in bytes. */
  readonly size: number;
}

/** Reads an Apple partition map. @returns undefined when none exists */
export async function readApm(disk: ByteSource): Promise<Apm | undefined> {
  const map = await readMap(disk);
  if (map === undefined) return undefined;
  const partitions = map.entries.map(({ entry }) => ({
    type: entry.type,
    name: entry.name,
    offset: entry.firstBlock * map.blockSize,
    size: entry.blockCount * map.blockSize,
  }));
  return { partitions, size: endOf(map) };
}
