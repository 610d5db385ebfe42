import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ByteSource, temporaryBeside } from '../base/index.ts';
import { memberSource, readMember } from '../formats/xar/index.ts';
import { checkFreeSpace, openTarget, packageEntries, readPackage } from '../image/index.ts';

export interface UnpackOptions {
  /** The folder for what has to be unpacked; it needs as much space as InstallESD.dmg has. */
  readonly scratch: string;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** InstallESD.dmg as a package has it. */
export type Packed =
  /** A member that is stored as it is. */
  | { readonly at: string }
  /** Compressed, and now a file of its own, which is the caller's to remove. */
  | { readonly unpacked: string };

const isEsd = (path: string): boolean => basename(path) === 'InstallESD.dmg';

/**
 * Finds InstallESD.dmg in a package: beside the payload, as Apple's downloads have it, or in the payload, within the
 * application. What is compressed cannot be read from anywhere but its beginning: it is unpacked.
 * @returns undefined when it is in neither
 * @throws FormatError when the package is damaged; Failure when the scratch folder cannot take it
 */
export async function findPacked(source: ByteSource, options: UnpackOptions): Promise<Packed | undefined> {
  const pkg = await readPackage(source);
  const member = pkg.members.find(({ kind, path }) => kind === 'file' && isEsd(path));
  if (member?.data !== undefined) {
    if (memberSource(source, member) !== undefined) return { at: member.path };
    return { unpacked: await unpack(readMember(source, member), member.data.size, options) };
  }
  for (const archive of pkg.archives) {
    for await (const entry of packageEntries(pkg, archive)) {
      if (entry.kind !== 'file' || !isEsd(entry.path)) continue;
      return { unpacked: await unpack(entry.content, entry.size, options) };
    }
  }
  return undefined;
}

async function unpack(
  content: AsyncIterable<Uint8Array>,
  size: number,
  { scratch, onProgress, signal }: UnpackOptions,
): Promise<string> {
  const path = temporaryBeside(join(scratch, 'InstallESD.dmg'), 'unpacked');
  await checkFreeSpace(path, size);
  const target = await openTarget(path, 'new');
  try {
    let done = 0;
    for await (const part of content) {
      signal?.throwIfAborted();
      await target.write(done, part);
      done += part.length;
      onProgress?.(done, size);
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await target.close();
  }
  return path;
}
