import type { ByteSource } from '../../base/index.ts';
import { openFile, type FileSource } from './file-source.ts';
import { openNested, parseImagePath, type ImagePath } from './nested.ts';
import { openDisk, type Disk } from './open-disk.ts';

/** A disk image, open. */
export interface Image extends Disk {
  readonly place: ImagePath;
  /** The outermost file. */
  readonly file: FileSource;
  /** The image's own bytes, as they are stored: the file, or what is inside it. */
  readonly source: ByteSource;
  readonly close: () => Promise<void>;
}

/**
 * Opens `image.dmg`, or `outer.dmg:/inner.dmg` through images and packages in one another.
 * @throws FormatError that says what the file is when it is no disk image we can read; Failure 'no-file', 'cannot-read' or 'not-found'
 */
export async function openImage(path: string): Promise<Image> {
  const place = parseImagePath(path);
  const file = await openFile(place.file);
  try {
    const source = await openNested(file, place.inside);
    return { place, file, source, ...(await openDisk(source)), close: file.close };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Where threads find an image's bytes: a descriptor that they share, or a place that each opens for itself. */
export function inputOf({ place, file }: Image): number | ImagePath {
  return place.inside.length === 0 ? file.handle.fd : place;
}
