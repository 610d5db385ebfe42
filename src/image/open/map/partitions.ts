import { Failure, FormatError, type ByteSource } from '../../../base/index.ts';
import { slice } from '../../../formats/source/index.ts';
import { readPartitionMap, type Partition, type PartitionMap } from './partition-map.ts';

/** A partition and its number: what people name it by. */
export interface Numbered extends Partition {
  /** By its place in the map, from 1. */
  readonly number: number;
}

/** The partitions of a disk. One without a map is one partition. @throws FormatError when the map is damaged */
export async function partitionsOf(disk: ByteSource): Promise<readonly Numbered[]> {
  return numbered(disk, await readPartitionMap(disk));
}

export function numbered(disk: ByteSource, map: PartitionMap | undefined): readonly Numbered[] {
  const whole: Partition = {
    type: '',
    kind: 'whole disk',
    content: 'hfs',
    name: '',
    offset: 0,
    size: disk.size,
  };
  return (map?.partitions ?? [whole]).map((each, index) => ({ number: index + 1, ...each }));
}

/** Entries of an Apple partition map that hold nothing of anyone's. */
const notContent = new Set(['Apple_partition_map', 'Apple_Free']);

/** Those that hold something. */
export function contentOf(partitions: readonly Numbered[]): Numbered[] {
  return partitions.filter(({ type, size }) => !notContent.has(type) && size > 0);
}

/** The partition of a number or a name. @throws Failure 'usage' when none exists, or more than one */
export function findPartition(partitions: readonly Numbered[], wanted: string): Numbered {
  const found = /^\d+$/.test(wanted)
    ? partitions.filter(({ number }) => number === Number(wanted))
    : partitions.filter(({ name, kind }) => name === wanted || kind === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const list = partitions.map(({ number, kind, name }) => `${number} ${kind} "${name}"`).join(', ');
  throw new Failure('usage', `${found.length === 0 ? 'no' : 'more than one'} partition is "${wanted}"`, {
    hint: `There are: ${list}.`,
  });
}

/** A partition's bytes. @throws FormatError when it ends after the disk */
export function partitionSource(disk: ByteSource, { number, offset, size }: Numbered): ByteSource {
  if (offset + size > disk.size) {
    throw new FormatError('partition-map', `partition ${number} ends at ${offset + size}, after the disk`, {
      offset: disk.size,
    });
  }
  return slice(disk, offset, size);
}
