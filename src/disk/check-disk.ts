import { Failure, FormatError } from '../base/index.ts';
import { openFile, readPartitionMap, readVolume } from '../image/index.ts';
import type { DiskTrust } from '../vm/index.ts';
import { imageInfo, type DiskTools, type ImageInfo } from './qemu-img.ts';

/** What the user says of an image; `raw` takes a file in which nothing is recognised for a raw disk. */
export interface RawOption extends DiskTrust {
  readonly raw?: boolean | undefined;
}

/**
 * What qemu-img says of an image. It takes any file for a raw disk: one that has no partition map and no volume is
 * refused, unless it is said to be one.
 * @throws Failure 'not-a-disk', and what imageInfo throws
 */
export async function diskInfo(
  tools: DiskTools,
  image: string,
  { raw = false, ...trust }: RawOption = {},
): Promise<ImageInfo> {
  const info = await imageInfo(tools, image, raw ? { ...trust, format: 'raw' } : trust);
  if (raw || trust.format === 'raw' || info.format !== 'raw' || (await isDisk(image))) return info;
  throw new Failure(
    'not-a-disk',
    `${image} is not a disk: it has no partition map, no volume and no header of a disk image`,
    { hint: '--raw takes it for a raw disk that has nothing on it yet.' },
  );
}

async function isDisk(image: string): Promise<boolean> {
  const file = await openFile(image);
  try {
    return (await readPartitionMap(file)) !== undefined || (await readVolume(file)) !== undefined;
  } catch (error) {
    // A map or volume that is damaged is still one.
    if (error instanceof FormatError) return true;
    throw error;
  } finally {
    await file.close();
  }
}
