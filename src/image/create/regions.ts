import type { ByteSource } from '../../base/index.ts';
import { sectorSize } from '../../formats/udif/index.ts';
import { readPartitionMap, type PartitionMap } from '../open/map/partition-map.ts';

/** A part of a disk that gets a block table of its own. In bytes. */
export interface Region {
  readonly name: string;
  readonly start: number;
  readonly size: number;
  /** In no partition: where it is zero it is ignored, as hdiutil does it. */
  readonly free: boolean;
}

/** What hdiutil calls a partition's type; others by their GUID. */
const typeNames: ReadonlyMap<string, string> = new Map([
  ['48465300-0000-11aa-aa11-00306543ecac', 'Apple_HFS'],
  ['7c3457ef-0000-11aa-aa11-00306543ecac', 'Apple_APFS'],
  ['426f6f74-0000-11aa-aa11-00306543ecac', 'Apple_Boot'],
  ['53746f72-6167-11aa-aa11-00306543ecac', 'Apple_CoreStorage'],
]);

const mbrNames: ReadonlyMap<string, string> = new Map([['0xaf', 'Apple_HFS']]);

/** Cuts a disk as hdiutil does: the map's own parts, every partition, the space between. Their names are hdiutil's, too. */
export async function regionsOf(disk: ByteSource): Promise<{
  readonly variant: 'disk' | 'partition';
  readonly regions: readonly Region[];
}> {
  const map = await readPartitionMap(disk);
  const parts = map === undefined ? undefined : partsOf(map, disk.size);
  const cut = parts === undefined ? undefined : fill(parts, disk.size);
  if (cut !== undefined) return { variant: 'disk', regions: cut };
  const name = 'whole disk (unknown partition : 0)';
  const regions = [{ name, start: 0, size: disk.size, free: false }];
  return { variant: map === undefined ? 'partition' : 'disk', regions };
}

interface Part {
  readonly name: string;
  readonly type: string;
  readonly start: number;
  readonly size: number;
}

const gptTable = 32 * sectorSize;

function partsOf({ scheme, partitions, size: mapped }: PartitionMap, diskSize: number): Part[] {
  const named = partitions
    .filter((each) => each.size > 0 && each.type !== 'Apple_Free')
    .map(({ name, type, offset, size }) => ({
      name,
      type: typeNames.get(type) ?? mbrNames.get(type) ?? (scheme === 'gpt' ? type.toUpperCase() : type),
      start: offset,
      size,
    }));
  if (scheme === 'apm') {
    return [{ name: 'Driver Descriptor Map', type: 'DDM', start: 0, size: sectorSize }, ...named];
  }
  if (scheme === 'mbr') {
    return [{ name: 'Master Boot Record', type: 'MBR', start: 0, size: sectorSize }, ...named];
  }
  const end = Math.min(mapped, diskSize);
  return [
    { name: 'Protective Master Boot Record', type: 'MBR', start: 0, size: sectorSize },
    { name: 'GPT Header', type: 'Primary GPT Header', start: sectorSize, size: sectorSize },
    { name: 'GPT Partition Data', type: 'Primary GPT Table', start: 2 * sectorSize, size: gptTable },
    ...named,
    {
      name: 'GPT Partition Data',
      type: 'Backup GPT Table',
      start: end - sectorSize - gptTable,
      size: gptTable,
    },
    { name: 'GPT Header', type: 'Backup GPT Header', start: end - sectorSize, size: sectorSize },
  ];
}

/** Puts free space between the parts. @returns undefined when they overlap: an odd map, which is taken as a whole */
function fill(parts: readonly Part[], size: number): Region[] | undefined {
  const regions: Region[] = [];
  let end = 0;
  const put = (name: string, type: string, to: number): void => {
    const start = end;
    if (to === start) return;
    regions.push({
      name: `${name} (${type} : ${regions.length})`,
      start,
      size: to - start,
      free: type === 'Apple_Free',
    });
    end = to;
  };
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    if (part.start < end || part.start + part.size > size) return undefined;
    put('', 'Apple_Free', part.start);
    put(part.name, part.type, part.start + part.size);
  }
  put('', 'Apple_Free', size);
  return regions;
}
