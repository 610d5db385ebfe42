import type { ByteSource } from '../../base/index.ts';
import { openNested } from './nested.ts';
import { openDisk, type Disk } from './open-disk.ts';
import { openOuter, type Outer } from './outer/open-outer.ts';
import { parseImagePath, type ImagePath } from './place.ts';

/** A disk image, open. */
export interface Image extends Disk {
  readonly place: ImagePath;
  /** The outermost file. */
  readonly outer: Outer;
  /** The image's own bytes, as they are stored: the file, or what is inside it. */
  readonly source: ByteSource;
  readonly close: () => Promise<void>;
}

/**
 * Opens `image.dmg`, or `outer.dmg:/inner.dmg` through images and packages in one another.
 * @throws FormatError that says what the file is when it is no disk image we can read; Failure 'no-file', 'cannot-read' or 'not-found'
 */
export async function openImage(path: string | ImagePath): Promise<Image> {
  const place = parseImagePath(path);
  const outer = await openOuter(place);
  try {
    const source = await openNested(outer.source, place.inside, place.password);
    const ranges = place.inside.length === 0 ? outer.bands : undefined;
    return { place, outer, source, ...(await openDisk(source, ranges)), close: outer.close };
  } catch (error) {
    await outer.close();
    throw error;
  }
}

/** Where threads find an image's bytes: a descriptor that they share, or a place that each opens for itself. */
export function inputOf({ place, outer }: Image): number | ImagePath {
  return place.inside.length === 0 && outer.handle !== undefined ? outer.handle.fd : place;
}
