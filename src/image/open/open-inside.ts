import { Failure } from '../../base/index.ts';
import {
  findEntry,
  linkTarget,
  openVolume,
  type Entry,
  type HfsVolume,
} from '../../formats/hfsplus/index.ts';
import { openNested } from './nested.ts';
import { openDisk } from './open-disk.ts';
import { openOuter } from './outer/open-outer.ts';
import { parseImagePath, showImagePath, type ImagePath } from './place.ts';
import { findHfsPlus } from './find-volume.ts';

/** A place inside an image, however deep. */
export interface Inside {
  readonly volume: HfsVolume;
  /** A hard link's own record, not what it leads to. */
  readonly entry: Entry;
  readonly close: () => Promise<void>;
}

/**
 * Opens `image.dmg:/path`, or `outer.dmg:/inner.dmg:/path` through images inside images; without a path, the root.
 * @throws FormatError when an image is damaged; Failure 'not-found' when one of the paths leads nowhere
 */
export async function openInside(path: string | ImagePath): Promise<Inside> {
  const place = parseImagePath(path);
  const { inside, password } = place;
  const outer = await openOuter(place);
  try {
    const way = inside.slice(0, -1);
    const image = await openNested(outer.source, way, password);
    const { disk } = await openDisk(image, way.length === 0 ? outer.bands : undefined);
    const volume = await openVolume((await findHfsPlus(disk)).volume);
    return { volume, entry: find(volume, inside.at(-1) ?? '', showImagePath(place)), close: outer.close };
  } catch (error) {
    await outer.close();
    throw error;
  }
}

function find(volume: HfsVolume, inner: string, path: string): Entry {
  const entry = findEntry(volume, inner);
  if (entry === undefined) throw new Failure('not-found', `${path}: there is no /${inner}`);
  if (inner.endsWith('/') && linkTarget(volume, entry).kind !== 'folder')
    throw new Failure('not-found', `${path}: /${inner} is not a folder`);
  return entry;
}
