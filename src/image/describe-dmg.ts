import { FormatError } from '../base/index.ts';
import { sectorSize, type ChunkKind } from '../formats/udif/index.ts';
import { openImage, type Image } from './open/open-image.ts';
import { readPartitionMap } from './open/map/partition-map.ts';
import { numbered, type Numbered } from './open/map/partitions.ts';
import type { ImagePath } from './open/place.ts';
import type { Encryption } from './open/outer/unlocked.ts';
import { slice } from '../formats/source/index.ts';
import { readVolumeIn, type Volume } from './open/volume.ts';

export interface DmgInfo {
  readonly format: Image['format'];
  /** Of the encrypted image that the file is. */
  readonly encryption?: Encryption;
  /** How many files the image was cut into, when it was. */
  readonly segments?: number;
  /** Of the file, in bytes. */
  readonly fileSize: number;
  /** Of the disk in it, in sectors of 512 bytes. */
  readonly sectors: number;
  /** How many chunks of each kind there are, and how many bytes of the disk they make. */
  readonly chunks: Readonly<Partial<Record<ChunkKind, { readonly count: number; readonly bytes: number }>>>;
  readonly checksums: {
    readonly dataFork: ChecksumKind;
    readonly master: ChecksumKind;
    /** Of the tables; several when they differ. */
    readonly tables: readonly ChecksumKind[];
  };
  readonly map: 'gpt' | 'apm' | 'mbr' | 'none';
  /** One without a map is one partition from 0. */
  readonly partitions: readonly (Numbered & { readonly volume?: Volume })[];
  /** What is odd and yet no obstacle, e.g. a damaged backup GPT. */
  readonly problems: readonly string[];
}

export type ChecksumKind = 'none' | 'CRC-32' | `type ${number}`;

/** Says what an image holds, from its tables and from the partition map and volume headers it decodes to. */
export async function describeDmg(path: string | ImagePath): Promise<DmgInfo> {
  const image = await openImage(path);
  try {
    return await describe(image);
  } finally {
    await image.close();
  }
}

async function describe({ format, udif, tables, source, disk, outer, place }: Image): Promise<DmgInfo> {
  const chunks: Partial<Record<ChunkKind, { count: number; bytes: number }>> = {};
  for (const { kind, size } of format === 'raw' ? [] : tables.flatMap((table) => table.chunks)) {
    const sum = (chunks[kind] ??= { count: 0, bytes: 0 });
    sum.count++;
    sum.bytes += size;
  }
  const problems: string[] = [];
  /** The description of a disk whose map or volume is damaged is still one. */
  const tolerate = (error: unknown): undefined => {
    if (!(error instanceof FormatError)) throw error;
    problems.push(error.message);
  };
  const map = await readPartitionMap(disk).catch(tolerate);
  if (map?.problem !== undefined) problems.push(map.problem);
  const partitions: (Numbered & { volume?: Volume })[] = [];
  for (const partition of numbered(disk, map)) {
    if (partition.offset + partition.size > disk.size) {
      problems.push(`the partition "${partition.name}" ends after the disk`);
      partitions.push(partition);
      continue;
    }
    const volume = await readVolumeIn(partition, slice(disk, partition.offset, partition.size)).catch(
      tolerate,
    );
    partitions.push(volume === undefined ? partition : { ...partition, volume });
  }
  return {
    format,
    fileSize: place.inside.length === 0 ? outer.size : source.size,
    ...(outer.encryption === undefined ? {} : { encryption: outer.encryption }),
    ...(outer.segments === 1 ? {} : { segments: outer.segments }),
    sectors: disk.size / sectorSize,
    chunks,
    checksums: {
      dataFork: checksumKind(udif?.koly.dataForkChecksum.type ?? 0),
      master: checksumKind(udif?.koly.masterChecksum.type ?? 0),
      tables: [...new Set(udif?.tables.map((table) => checksumKind(table.checksumType)) ?? [])],
    },
    map: map?.scheme ?? 'none',
    partitions,
    problems,
  };
}

function checksumKind(type: number): ChecksumKind {
  return type === 0 ? 'none' : type === 2 ? 'CRC-32' : `type ${type}`;
}
