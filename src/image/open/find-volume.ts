import { Failure, FormatError, type ByteSource } from '../../base/index.ts';
import { readVolumeHeader, type VolumeHeader } from '../../formats/hfsplus/index.ts';
import { slice } from '../../formats/source/index.ts';
import { isCoreStorage } from './core-storage.ts';
import { readPartitionMap, type Partition } from './map/partition-map.ts';
import { readVolume, type VolumeFormat } from './volume.ts';

/** An HFS+ volume and where it lies in its disk. */
export interface FoundVolume {
  readonly volume: ByteSource;
  /** In the disk, in bytes. */
  readonly offset: number;
  readonly header: VolumeHeader;
  /** Undefined where the disk has no map. */
  readonly partition: Partition | undefined;
}

/**
 * The HFS+ volume of a disk, to be read: the first in its map that has the type of one, else the first that has none of
 * Core Storage or a RAID; or the disk itself where it has no map.
 * @throws FormatError that names what is there instead; Failure 'not-a-volume' where there is but a member of something
 *   larger
 */
export async function findHfsPlus(disk: ByteSource): Promise<FoundVolume> {
  const map = await readPartitionMap(disk);
  const places = map?.partitions ?? [undefined];
  const volumes: FoundVolume[] = [];
  const others: { format: VolumeFormat; offset: number }[] = [];
  let member: Failure | undefined;
  for (const partition of places) {
    const { offset, size } = partition ?? { offset: 0, size: disk.size };
    if (offset + size > disk.size) continue;
    const volume = slice(disk, offset, size);
    const refusal = await refusalOf(partition, volume);
    if (refusal !== undefined) {
      member ??= refusal;
      continue;
    }
    const header = await readVolumeHeader(volume);
    if (header !== undefined) volumes.push({ volume, offset, header, partition });
    else {
      const other = await readVolume(volume);
      if (other !== undefined) others.push({ format: other.format, offset });
    }
  }
  const own = volumes.find(({ partition }) => partition === undefined || partition.content === 'hfs');
  if (own !== undefined) return own;
  if (member !== undefined) throw member;
  const [any] = volumes;
  if (any !== undefined) return any;
  const instead = others.find((each) => each.format === 'APFS') ?? others[0];
  throw instead === undefined
    ? new FormatError('hfsplus', 'the image holds no HFS+ volume')
    : new FormatError(
        'hfsplus',
        `the image's volume is ${instead.format}, of which only the image can be converted; an HFS+ volume is needed`,
        { offset: instead.offset },
      );
}

/**
 * The HFS+ volume of a disk, to be changed: only where the partition's type says that it is one.
 * @throws as findHfsPlus; Failure 'not-a-volume' for a partition of any other type
 */
export async function findHfsPlusToChange(disk: ByteSource): Promise<FoundVolume> {
  const found = await findHfsPlus(disk);
  const { partition } = found;
  if (partition === undefined || partition.content === 'hfs') return found;
  throw new Failure(
    'not-a-volume',
    `the partition at byte ${partition.offset} has the type "${partition.kind}", not that of an HFS+ volume: it is not changed`,
    {
      hint: 'If it is a plain HFS+ volume, give its partition the type of one first (sgdisk --typecode N:af00).',
    },
  );
}

/**
 * Makes sure that a volume fills its partition, so that what is behind it is nobody's when it grows.
 * @throws Failure 'not-a-volume'
 */
export function checkFillsPartition({ header, partition }: FoundVolume): void {
  if (partition === undefined) return;
  const size = header.totalBlocks * header.blockSize;
  if (partition.size - size < header.blockSize) return;
  throw new Failure(
    'not-a-volume',
    `the volume says that it has ${size} bytes, and its partition has ${partition.size}: what follows it is unknown, so it is not grown`,
    { hint: 'Let Disk Utility in the guest, or a partition editor, make the two agree first.' },
  );
}

const revert =
  'Turn Core Storage off in the guest first: diskutil coreStorage list, then diskutil coreStorage revert LV-UUID.';

/** Why a partition's HFS+ header, if it has one, is not taken for a volume's. */
async function refusalOf(partition: Partition | undefined, volume: ByteSource): Promise<Failure | undefined> {
  const offset = partition?.offset ?? 0;
  if (partition?.content === 'core-storage' || (await isCoreStorage(volume)))
    return new Failure(
      'not-a-volume',
      `a Core Storage physical volume is at byte ${offset}, which is not an HFS+ volume: its own labels lie in it and behind it`,
      { hint: revert },
    );
  if (partition?.content === 'raid')
    return new Failure(
      'not-a-volume',
      `a member of an Apple RAID ("${partition.kind}") is at byte ${offset}, which is not an HFS+ volume: its own labels lie behind it`,
      {
        hint: 'Take the set apart in the guest first: diskutil appleRAID list, then diskutil appleRAID delete UUID.',
      },
    );
  return undefined;
}
