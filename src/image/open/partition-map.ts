import type { ByteSource } from '../../base/index.ts';
import { readApm } from '../../formats/apm/index.ts';
import { readGpt } from '../../formats/gpt/index.ts';

/** A partition whatever the map; its numbers have not been held against the disk. */
export interface Partition {
  /** As the map has it: a GUID, or "Apple_HFS". */
  readonly type: string;
  /** The type in words, where it is known. */
  readonly kind: string;
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

export interface PartitionMap {
  readonly scheme: 'gpt' | 'apm';
  readonly partitions: readonly Partition[];
  /** Where the disk ends according to its map, in bytes. */
  readonly size: number;
  /** What is wrong with the map though it could be read. */
  readonly problem?: string;
}

const guidKinds: ReadonlyMap<string, string> = new Map([
  ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', 'EFI system'],
  ['48465300-0000-11aa-aa11-00306543ecac', 'Apple HFS+'],
  ['7c3457ef-0000-11aa-aa11-00306543ecac', 'Apple APFS'],
  ['426f6f74-0000-11aa-aa11-00306543ecac', 'Apple boot'],
  ['53746f72-6167-11aa-aa11-00306543ecac', 'Apple Core Storage'],
  ['ebd0a0a2-b9e5-4433-87c0-68b6b72699c7', 'basic data'],
]);

/** Reads the map a disk begins with. @returns undefined when it has none, as a lone volume @throws FormatError when it is damaged */
export async function readPartitionMap(disk: ByteSource): Promise<PartitionMap | undefined> {
  const gpt = await readGpt(disk);
  if (gpt !== undefined) {
    const damaged = (['primary', 'backup'] as const).find((which) => !gpt.sound.includes(which));
    return {
      scheme: 'gpt',
      size: gpt.size,
      partitions: gpt.partitions.map((each) => ({
        type: each.type,
        kind: guidKinds.get(each.type) ?? each.type,
        name: each.name,
        offset: each.offset,
        size: each.size,
      })),
      ...(damaged === undefined ? {} : { problem: `the ${damaged} GPT is missing or damaged` }),
    };
  }
  const apm = await readApm(disk);
  if (apm === undefined) return undefined;
  return {
    scheme: 'apm',
    size: apm.size,
    partitions: apm.partitions.map((each) => ({ ...each, kind: each.type })),
  };
}
