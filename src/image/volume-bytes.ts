import type { ByteSource } from '../base/index.ts';
import { isHfsPlus } from '../formats/hfsplus/index.ts';
import { slice } from '../formats/source/index.ts';
import { decodedImage, readUdif } from '../formats/udif/index.ts';
import { openFile } from './file-source.ts';
import { openNested, placeOf } from './nested.ts';
import { readPartitionMap } from './partition-map.ts';
import { checkRawImage } from './recognise.ts';
import { findHfsPlus } from './volume.ts';

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
export async function openVolumeBytes(path: string): Promise<VolumeBytes> {
  const { file, inside } = placeOf(path);
  const source = await openFile(file);
  try {
    const image = await openNested(
      source,
      inside.filter((each) => each !== ''),
    );
    const udif = await readUdif(image);
    const disk = udif === undefined ? image : decodedImage(image, udif);
    return { ...(await find(disk, udif === undefined)), close: source.close };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function find(disk: ByteSource, raw: boolean): Promise<{ volume: ByteSource; offset: number }> {
  const map = await readPartitionMap(disk);
  for (const { offset, size } of map?.partitions ?? [{ offset: 0, size: disk.size }]) {
    if (offset + size > disk.size) continue;
    const volume = slice(disk, offset, size);
    if (await isHfsPlus(volume)) return { volume, offset };
  }
  // These say what it is.
  if (raw) await checkRawImage(disk);
  return findHfsPlus(disk);
}
