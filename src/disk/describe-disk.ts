import { Failure, FormatError, type ByteSource } from '../base/index.ts';
import { findEntry, openData, openVolume } from '../formats/hfsplus/index.ts';
import { readPlist } from '../formats/plist/index.ts';
import { slice } from '../formats/source/index.ts';
import { readPartitionMap, readVolumeIn, type Partition } from '../image/index.ts';
import { withServedDisk } from '../vm/index.ts';
import { diskInfo, type RawOption } from './check-disk.ts';
import type { DiskTools, ImageInfo } from './qemu-img.ts';

/** A guest's disk: the image, and what is on the disk in it. */
export interface DiskInfo extends ImageInfo {
  readonly map: 'gpt' | 'apm' | 'mbr' | 'none';
  readonly partitions: readonly DiskPartition[];
}

export interface DiskPartition {
  readonly kind: string;
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** 'HFS+' … */
  readonly format?: string;
  readonly volume?: string;
  /** Of the system that is installed there: '10.7.5'. */
  readonly system?: string;
  /** What is wrong there. */
  readonly problem?: string;
}

/** Looks into an image of any format that QEMU knows, without changing it. @throws what diskInfo throws */
export async function describeDisk(
  tools: DiskTools,
  image: string,
  option: RawOption = {},
): Promise<DiskInfo> {
  const info = await diskInfo(tools, image, option);
  const { file, format, backing } = info;
  const served = { file, format, writable: false, onTop: backing !== undefined };
  return withServedDisk(tools.system, served, async (disk) => {
    const map = await readPartitionMap(disk);
    const whole = { kind: 'whole disk', content: 'hfs', name: '', offset: 0, size: disk.size } as const;
    const places = map?.partitions ?? [whole];
    const partitions: DiskPartition[] = [];
    for (const place of places) {
      const { kind, name, offset, size } = place;
      const found =
        offset + size > disk.size
          ? { problem: 'it ends after the end of the disk' }
          : await describeVolume(place, slice(disk, offset, size));
      if (map !== undefined || Object.keys(found).length > 0)
        partitions.push({ kind, name, offset, size, ...found });
    }
    return { ...info, map: map?.scheme ?? 'none', partitions };
  });
}

async function describeVolume(
  partition: Pick<Partition, 'content'>,
  bytes: ByteSource,
): Promise<Pick<DiskPartition, 'format' | 'volume' | 'system' | 'problem'>> {
  try {
    const found = await readVolumeIn(partition, bytes);
    if (found === undefined) return {};
    const system = found.format === 'HFS+' || found.format === 'HFSX' ? await systemOf(bytes) : undefined;
    return {
      format: found.format,
      ...(found.name !== undefined && { volume: found.name }),
      ...(system !== undefined && { system }),
    };
  } catch (error) {
    if (error instanceof FormatError || error instanceof Failure) return { problem: error.message };
    throw error;
  }
}

/** Apple's has some 500 bytes. */
const largestPlist = 2 ** 16;

async function systemOf(bytes: ByteSource): Promise<string | undefined> {
  const volume = await openVolume(bytes);
  const entry = findEntry(volume, 'System/Library/CoreServices/SystemVersion.plist');
  if (entry?.kind !== 'file') return undefined;
  const data = await openData(volume, entry);
  const value = readPlist(await data.read(0, Math.min(data.size, largestPlist)));
  const version =
    value instanceof Map ? (value as ReadonlyMap<string, unknown>).get('ProductVersion') : undefined;
  return typeof version === 'string' ? version.slice(0, 40) : undefined;
}
