import type { ByteSource } from '../../../base/index.ts';
import { readApm } from '../../../formats/apm/index.ts';
import { readGpt } from '../../../formats/gpt/index.ts';
import { readMbr } from '../../../formats/mbr/index.ts';
import { apmType, gptType, mbrType, type Content } from './partition-types.ts';

/** A partition whatever the map; its numbers have not been held against the disk. */
export interface Partition {
  /** As the map has it: a GUID, "Apple_HFS", or "0xaf". */
  readonly type: string;
  /** The type in words, where it is known. */
  readonly kind: string;
  /** What the type says of what is in it. */
  readonly content: Content;
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

export interface PartitionMap {
  readonly scheme: 'gpt' | 'apm' | 'mbr';
  readonly partitions: readonly Partition[];
  /** Where the disk ends according to its map, in bytes. */
  readonly size: number;
  /** What is wrong with the map though it could be read. */
  readonly problem?: string;
}

/** Reads the map a disk begins with. @returns undefined when it has none, as a lone volume @throws FormatError when it is damaged */
export async function readPartitionMap(disk: ByteSource): Promise<PartitionMap | undefined> {
  const gpt = await readGpt(disk);
  if (gpt !== undefined) {
    const damaged = (['primary', 'backup'] as const).find((which) => !gpt.sound.includes(which));
    return {
      scheme: 'gpt',
      size: gpt.size,
      partitions: gpt.partitions.map(({ type, name, offset, size }) => ({
        type,
        ...gptType(type),
        name,
        offset,
        size,
      })),
      ...(damaged === undefined ? {} : { problem: `the ${damaged} GPT is missing or damaged` }),
    };
  }
  const apm = await readApm(disk);
  if (apm !== undefined)
    return {
      scheme: 'apm',
      size: apm.size,
      partitions: apm.partitions.map((each) => ({ ...each, ...apmType(each.type) })),
    };
  if (await isLoneVolume(disk)) return undefined;
  const mbr = await readMbr(disk);
  if (mbr === undefined) return undefined;
  return {
    scheme: 'mbr',
    size: mbr.size,
    partitions: mbr.partitions.map(({ type, offset, size }) => ({
      type: `0x${type.toString(16).padStart(2, '0')}`,
      ...mbrType(type),
      name: '',
      offset,
      size,
    })),
  };
}

/** A boot loader in an HFS+ volume's first sectors, or a disc that starts from USB sticks too, looks like an MBR. */
async function isLoneVolume(disk: ByteSource): Promise<boolean> {
  const at = async (offset: number, length: number): Promise<string> =>
    offset + length > disk.size ? '' : Buffer.from(await disk.read(offset, length)).toString('latin1');
  return ['H+', 'HX', 'BD'].includes(await at(1024, 2)) || (await at(32769, 5)) === 'CD001';
}
