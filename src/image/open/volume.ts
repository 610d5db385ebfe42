import { FormatError, type ByteSource } from '../../base/index.ts';
import {
  hfsPlusName,
  readVolumeHeader,
  readVolumeName,
  volumeAttribute,
  type VolumeHeader,
} from '../../formats/hfsplus/index.ts';
import { slice } from '../../formats/source/index.ts';
import { readPartitionMap } from './partition-map.ts';

/** What file system a volume begins with, as far as this project has to tell them apart. */
export type VolumeFormat = 'HFS+' | 'HFSX' | 'HFS' | 'APFS' | 'FAT' | 'ISO 9660';

export interface Volume {
  readonly format: VolumeFormat;
  readonly name?: string;
  /** Of HFS+: 4 or 5. */
  readonly version?: number;
  readonly journaled?: boolean;
  /** In bytes, as the volume itself says. */
  readonly size?: number;
}

/** Looks at a volume's first bytes. @throws FormatError when they are HFS+ and damaged */
export async function readVolume(volume: ByteSource): Promise<Volume | undefined> {
  const header = await readVolumeHeader(volume);
  if (header !== undefined) {
    const name = await readVolumeName(volume, header);
    return {
      format: hfsPlusName(header.signature) ?? 'HFS+',
      version: header.version,
      journaled: (header.attributes & volumeAttribute.journaled) !== 0,
      size: header.totalBlocks * header.blockSize,
      ...(name === undefined ? {} : { name }),
    };
  }
  if (await holds(volume, 32, 'NXSB')) return { format: 'APFS' };
  if (await holds(volume, 1024, 'BD')) return { format: 'HFS' };
  if (await holds(volume, 32769, 'CD001')) return { format: 'ISO 9660' };
  if ((await holds(volume, 54, 'FAT')) || (await holds(volume, 82, 'FAT32'))) return { format: 'FAT' };
  return undefined;
}

/**
 * The HFS+ volume of a disk: the first there is in its map, or the disk itself where it has none.
 * @throws FormatError that names what is there instead
 */
export async function findHfsPlus(disk: ByteSource): Promise<{
  readonly volume: ByteSource;
  /** In the disk, in bytes. */
  readonly offset: number;
  readonly header: VolumeHeader;
}> {
  const map = await readPartitionMap(disk);
  const places = map?.partitions ?? [{ offset: 0, size: disk.size }];
  const found: { format: VolumeFormat; offset: number }[] = [];
  for (const { offset, size } of places) {
    if (offset + size > disk.size) continue;
    const volume = slice(disk, offset, size);
    const header = await readVolumeHeader(volume);
    if (header !== undefined) return { volume, offset, header };
    const other = await readVolume(volume);
    if (other !== undefined) found.push({ format: other.format, offset });
  }
  const instead = found.find((each) => each.format === 'APFS') ?? found[0];
  throw instead === undefined
    ? new FormatError('hfsplus', 'the image holds no HFS+ volume')
    : new FormatError(
        'hfsplus',
        `the image's volume is ${instead.format}, of which only the image can be converted; an HFS+ volume is needed`,
        { offset: instead.offset },
      );
}

async function holds(volume: ByteSource, offset: number, mark: string): Promise<boolean> {
  if (offset + mark.length > volume.size) return false;
  return Buffer.from(await volume.read(offset, mark.length)).toString('latin1') === mark;
}
