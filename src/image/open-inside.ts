import { Failure } from '../base/index.ts';
import {
  findEntry,
  linkTarget,
  openData,
  openVolume,
  type Entry,
  type HfsVolume,
} from '../formats/hfsplus/index.ts';
import { openDisk, openImage } from './open-image.ts';
import { findHfsPlus } from './volume.ts';

/** A place inside an image, however deep. */
export interface Inside {
  readonly volume: HfsVolume;
  /** A hard link's own record, not what it leads to. */
  readonly entry: Entry;
  readonly close: () => Promise<void>;
}

/** Images nest two deep in Apple's installers. */
const deepest = 8;

/**
 * Opens `image.dmg:/path`, or `outer.dmg:/inner.dmg:/path` through images inside images; without a path, the root.
 * @throws FormatError when an image is damaged; Failure 'not-found' when one of the paths leads nowhere
 */
export async function openInside(path: string): Promise<Inside> {
  const [file = '', ...paths] = path.split(':/');
  if (paths.length > deepest)
    throw new Failure('usage', `${path} names more than ${deepest} images in one another`);
  const image = await openImage(file);
  try {
    let volume = await openVolume((await findHfsPlus(image.disk)).volume);
    for (const inner of paths.slice(0, -1)) {
      const data = await openData(volume, find(volume, inner, path));
      const { disk } = await openDisk(data);
      volume = await openVolume((await findHfsPlus(disk)).volume);
    }
    return { volume, entry: find(volume, paths.at(-1) ?? '', path), close: image.close };
  } catch (error) {
    await image.close();
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
