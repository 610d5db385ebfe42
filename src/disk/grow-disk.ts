import { Failure, FormatError } from '../base/index.ts';
import { editVolume, openVolume } from '../formats/hfsplus/index.ts';
import { tailBytes } from '../formats/loader-tail/index.ts';
import {
  checkFillsPartition,
  findHfsPlusToChange,
  growPartition,
  planGrowth,
  readPartitionMap,
} from '../image/index.ts';
import { withServedDisk, type RemoteDisk } from '../vm/index.ts';
import { checkedCommit } from './checked-commit.ts';
import { editDisk } from './edit-disk.ts';
import { diskInfo, type RawOption } from './check-disk.ts';
import { qemuImg, type DiskTools } from './qemu-img.ts';

/** What grew: the disk alone, or the HFS+ volume at its end with it, to that many bytes. */
export type Grown = { readonly kind: 'disk' } | { readonly kind: 'volume'; readonly size: number };

/** Behind a GPT's last partition: 32 sectors of entries and a header. */
const gptBackup = 33 * 512;

/**
 * Makes a disk larger, and the HFS+ volume that ends it.
 * @param size of the disk, in bytes
 * @throws Failure 'usage' when it is not larger; 'not-a-disk'; 'not-a-volume' where an HFS+ header is in a partition of
 *   another type, which growing would destroy; the image is untouched when anything fails
 */
export async function growDisk(
  tools: DiskTools,
  image: string,
  size: number,
  option: RawOption = {},
): Promise<Grown> {
  const info = await diskInfo(tools, image, option);
  if (size <= info.size || size % 512 !== 0)
    throw new Failure('usage', `the disk has ${info.size} bytes: ${size} is not larger, in whole sectors`);
  const { format, backing } = info;
  const file = { file: info.file, format, writable: false, onTop: backing !== undefined };
  const last = await withServedDisk(tools.system, file, lastVolume);
  if (last === undefined) {
    await qemuImg(tools, ['resize', '-q', '-f', format, image, String(size)]);
    return { kind: 'disk' };
  }
  const grown = await editDisk(tools, image, { ...option, format }, (disk) => growVolume(disk, last), size);
  return { kind: 'volume', size: grown ?? 0 };
}

interface Last {
  /** Of its partition, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly scheme: 'gpt' | 'apm' | 'mbr' | undefined;
}

/** The HFS+ volume that nothing follows; undefined where the disk has none, or another partition is behind it. */
async function lastVolume(disk: RemoteDisk): Promise<Last | undefined> {
  const map = await readPartitionMap(disk);
  const found = await findHfsPlusToChange(disk).catch((error: unknown) => {
    // No volume, or one that is damaged, is left to the guest.
    if (error instanceof FormatError) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const { offset } = found;
  const used = map?.partitions.filter(({ kind }) => kind !== 'Apple_Free') ?? [];
  if (used.some((partition) => partition.offset > offset)) return undefined;
  checkFillsPartition(found);
  return { offset, size: found.volume.size, scheme: map?.scheme };
}

/** @returns the volume's new size in bytes */
async function growVolume(disk: RemoteDisk, { offset, size: before, scheme }: Last): Promise<number> {
  const { volume } = await findHfsPlusToChange(disk);
  const edit = await editVolume(await openVolume(volume), { date: new Date() });
  // A disk without a map is nothing to a loader.
  const behind = scheme === undefined ? 0 : tailBytes + (scheme === 'gpt' ? gptBackup : 0);
  const size = disk.size - offset - behind;
  if (size < before)
    throw new Failure('usage', `a disk of ${disk.size} bytes has too little room behind its volume`, {
      hint: `Loaders want ${tailBytes / 1024} KiB free there: give ${offset + before + behind} bytes or more.`,
    });
  const growth = await planGrowth(disk, { offset }, size);
  if (growth.size > disk.size) throw new Error(`${growth.size} bytes do not fit into ${disk.size}`);
  await growPartition(disk, { offset }, size);
  await checkedCommit(disk, offset, size, edit);
  return size;
}
