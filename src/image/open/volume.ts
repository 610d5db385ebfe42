import type { ByteSource } from '../../base/index.ts';
import {
  hfsPlusName,
  readVolumeHeader,
  readVolumeName,
  volumeAttribute,
} from '../../formats/hfsplus/index.ts';
import { isCoreStorage } from './core-storage.ts';
import type { Partition } from './map/partition-map.ts';

/** What file system a volume begins with, as far as this project has to tell them apart. */
export type VolumeFormat =
  'HFS+' | 'HFSX' | 'HFS' | 'APFS' | 'FAT' | 'ISO 9660' | 'Core Storage' | 'Apple RAID';

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
  if (await isCoreStorage(volume)) return { format: 'Core Storage' };
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

/** The same for a partition, whose type may say that it is a member of something larger. */
export async function readVolumeIn(
  { content }: Pick<Partition, 'content'>,
  volume: ByteSource,
): Promise<Volume | undefined> {
  if (content === 'core-storage') return { format: 'Core Storage' };
  if (content === 'raid') return { format: 'Apple RAID' };
  return readVolume(volume);
}

async function holds(volume: ByteSource, offset: number, mark: string): Promise<boolean> {
  if (offset + mark.length > volume.size) return false;
  return Buffer.from(await volume.read(offset, mark.length)).toString('latin1') === mark;
}
