import { Failure, FormatError, type ByteSource } from '../../base/index.ts';
import { findEntry, linkTarget, openData, openVolume } from '../../formats/hfsplus/index.ts';
import { memberSource, readXar } from '../../formats/xar/index.ts';
import { openDisk } from './open-disk.ts';
import { findHfsPlus } from './find-volume.ts';

/** Where bytes are: a file, and the way in through the images and packages in one another. */
export interface ImagePath {
  readonly file: string;
  /** A path in the file, a path in what is there, and so on. */
  readonly inside: readonly string[];
}

/** The deepest of Apple's: an image with a package with InstallESD.dmg with BaseSystem.dmg. */
const deepest = 8;

/** Reads `outer.dmg:/inner.pkg:/member`. @throws Failure 'usage' when it is deeper than anything real */
export function parseImagePath(path: string): ImagePath {
  const [file = '', ...inside] = path.split(':/');
  if (inside.length > deepest)
    throw new Failure('usage', `${path} names more than ${deepest} images in one another`);
  return { file, inside };
}

export function showImagePath({ file, inside }: ImagePath): string {
  return [file, ...inside].join(':/');
}

/**
 * Follows a way in: through the HFS+ volume of a disk image, or through a package to a member that is stored as it is.
 * @throws FormatError when something on the way is damaged; Failure 'not-found' when a path leads nowhere
 */
export async function openNested(source: ByteSource, inside: readonly string[]): Promise<ByteSource> {
  let bytes = source;
  for (const path of inside) bytes = await step(bytes, path);
  return bytes;
}

async function step(source: ByteSource, path: string): Promise<ByteSource> {
  const xar = await readXar(source);
  if (xar !== undefined) {
    const member = xar.members.find((each) => each.kind === 'file' && each.path === path);
    if (member === undefined) throw new Failure('not-found', `the package has no file ${path}`);
    const stored = memberSource(source, member);
    if (stored !== undefined) return stored;
    throw new FormatError('xar', `"${path}" is compressed: extract the package first`, {
      offset: member.data?.offset ?? 0,
    });
  }
  const { disk } = await openDisk(source);
  const volume = await openVolume((await findHfsPlus(disk)).volume);
  const entry = findEntry(volume, path);
  if (entry === undefined) throw new Failure('not-found', `there is no /${path}`);
  if (linkTarget(volume, entry).kind === 'folder') throw new Failure('not-found', `/${path} is a folder`);
  return openData(volume, entry);
}
