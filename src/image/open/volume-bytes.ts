import { FormatError, type ByteSource } from '../../base/index.ts';
import { isHfsPlus } from '../../formats/hfsplus/index.ts';
import { slice } from '../../formats/source/index.ts';
import { openNested } from './nested.ts';
import { openDisk } from './open-disk.ts';
import { openOuter } from './outer/open-outer.ts';
import { readPartitionMap } from './map/partition-map.ts';
import type { Content } from './map/partition-types.ts';
import { parseImagePath, type ImagePath } from './place.ts';
import type { Band } from './outer/bundle.ts';
import { isCoreStorage } from './core-storage.ts';
import { findHfsPlus } from './find-volume.ts';

/** An HFS+ volume as bytes that may be damaged. */
export interface VolumeBytes {
  readonly volume: ByteSource;
  /** Of the volume in its disk, in bytes. */
  readonly offset: number;
  readonly close: () => Promise<void>;
}

/**
 * Finds the HFS+ volume in `image.dmg`, or in `outer.dmg:/inner.dmg`, by the signature of either of its headers.
 * @throws FormatError that says what is there instead; Failure when there is no such file
 */
export async function openVolumeBytes(path: string | ImagePath): Promise<VolumeBytes> {
  const place = parseImagePath(path);
  const outer = await openOuter(place);
  try {
    const way = place.inside.filter((each) => each !== '');
    const image = await openNested(outer.source, way, place.password);
    const ranges = way.length === 0 ? outer.bands : undefined;
    return { ...(await findBytes(image, ranges)), close: outer.close };
  } catch (error) {
    await outer.close();
    throw error;
  }
}

type Found = Omit<VolumeBytes, 'close'>;

async function findBytes(image: ByteSource, ranges: readonly Band[] | undefined): Promise<Found> {
  let disk: ByteSource;
  try {
    ({ disk } = await openDisk(image, ranges));
  } catch (error) {
    // A raw volume whose header is damaged is not known to be one by that alone.
    const found = error instanceof FormatError ? await findSigned(image) : undefined;
    if (found === undefined) throw error;
    return found;
  }
  return (await findSigned(disk)) ?? findHfsPlus(disk);
}

async function findSigned(disk: ByteSource): Promise<Found | undefined> {
  const map = await readPartitionMap(disk);
  const whole = { content: 'hfs', offset: 0, size: disk.size } as const;
  const found: (Found & { readonly content: Content })[] = [];
  for (const { content, offset, size } of map?.partitions ?? [whole]) {
    if (offset + size > disk.size) continue;
    const volume = slice(disk, offset, size);
    // What is a member of something larger is named by findHfsPlus, unless a volume is beside it.
    const member = content === 'core-storage' || content === 'raid' || (await isCoreStorage(volume));
    if (!member && (await isHfsPlus(volume))) found.push({ volume, offset, content });
    else if (member) found.push({ volume, offset, content: 'core-storage' });
  }
  const own = found.find(({ content }) => content === 'hfs');
  const blocked = found.some(({ content }) => content === 'core-storage');
  return own ?? (blocked ? undefined : found[0]);
}
