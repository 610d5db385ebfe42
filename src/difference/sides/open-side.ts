import { stat } from 'node:fs/promises';
import { archiveKind } from '../../archive/index.ts';
import { cannotRead, Failure, type ByteSource } from '../../base/index.ts';
import { readUdif } from '../../formats/udif/index.ts';
import { openDisk, openFile, openImage, type ImagePath } from '../../image/index.ts';
import { judgeDisk, withServedDisk } from '../../vm/index.ts';
import { diskSide } from './disk-side.ts';
import { folderSide } from './folder-side.ts';
import { packageSide } from './package-side.ts';
import type { ReadableContent, Side } from './side.ts';
import { tarSide } from './tar-side.ts';

export interface SideOptions {
  /** Finds a QEMU, which reads qcow2 images. */
  readonly qemu: () => string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens what a path names, by what it is: a folder, a tar archive, a package, an image of a disk of any format.
 * @param place of a file, or of one inside another
 * @param use what is done while it is open
 */
export async function withSide<T>(
  place: ImagePath,
  options: SideOptions,
  use: (side: Side) => Promise<T>,
): Promise<T> {
  const { file } = place;
  const isInside = place.inside.length > 0;
  const found = await stat(file).catch((cause: unknown) => {
    throw cannotRead(file, cause);
  });
  if (found.isDirectory() && !isInside && !/\.sparsebundle\/?$/.test(file))
    return use(await folderSide(file));
  if (archiveKind(file) !== undefined) return use(await tarSide(file, options.signal));
  if (!isInside && found.isFile()) {
    const head = await headOf(file);
    if (head.startsWith('QFI\xfb')) return withQcow2(file, options, use);
    if (isPackage(head)) {
      const source = await openFile(file);
      try {
        return await use(await packageSide(source));
      } finally {
        await source.close();
      }
    }
  }
  const image = await openImage(place);
  try {
    return await use(await diskSide(image.disk));
  } finally {
    await image.close();
  }
}

/** What a file inside of a side is, if it is something that has entries itself; undefined for any other. */
export async function sideWithin(
  { file }: ReadableContent,
  path: string,
  source: ByteSource,
  options: SideOptions,
): Promise<Side | undefined> {
  if (file !== undefined && archiveKind(path) !== undefined) return tarSide(file, options.signal);
  const head = Buffer.from(await source.read(0, Math.min(6, source.size))).toString('latin1');
  if (head.startsWith('xar!')) return packageSide(source);
  if (!/\.(dmg|iso|img|sparseimage)$/i.test(path) && (await readUdif(source)) === undefined) return undefined;
  return diskSide((await openDisk(source)).disk);
}

async function withQcow2<T>(file: string, options: SideOptions, use: (side: Side) => Promise<T>): Promise<T> {
  const { backing, format } = await judgeDisk(file);
  if (backing !== undefined) throw new Failure('usage', `${file} is on top of another image`);
  return withServedDisk(options.qemu(), { file, format, writable: false }, async (disk) =>
    use(await diskSide(disk)),
  );
}

async function headOf(file: string): Promise<string> {
  const source = await openFile(file);
  try {
    return Buffer.from(await source.read(0, Math.min(6, source.size))).toString('latin1');
  } finally {
    await source.close();
  }
}

/** Packages, and payloads by themselves: pbzx and cpio. Others may be images. */
function isPackage(head: string): boolean {
  return head.startsWith('xar!') || head.startsWith('pbzx') || head.startsWith('0707');
}
