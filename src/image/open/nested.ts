import { Failure, FormatError, type ByteSource } from '../../base/index.ts';
import { findEntry, linkTarget, openData, openVolume } from '../../formats/hfsplus/index.ts';
import { memberSource, readXar } from '../../formats/xar/index.ts';
import { openDisk } from './open-disk.ts';
import { findHfsPlus } from './find-volume.ts';
import { plainOf } from './outer/unlocked.ts';

/**
 * Follows a way in: through the HFS+ volume of a disk image, or through a package to a member that is stored as it is.
 * Encrypted images on the way are opened with the password.
 * @throws FormatError when something on the way is damaged; Failure 'not-found' when a path leads nowhere
 */
export async function openNested(
  source: ByteSource,
  inside: readonly string[],
  password?: string,
): Promise<ByteSource> {
  let bytes = source;
  for (const path of inside) {
    const stored = await step(bytes, path);
    bytes = (await plainOf(stored, password, path)).source;
  }
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
