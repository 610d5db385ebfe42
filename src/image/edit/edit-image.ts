import { Failure } from '../../base/index.ts';
import { editVolume, openVolume, type HfsVolume, type VolumeEditor } from '../../formats/hfsplus/index.ts';
import { windowOf } from '../../formats/source/index.ts';
import { byRename } from '../by-rename.ts';
import { openTarget } from '../file-target.ts';
import { growPartition } from '../grow-partition.ts';
import { loaderTail } from '../open/loader-tail.ts';
import { openImage } from '../open/open-image.ts';
import { checkFillsPartition, findHfsPlusToChange } from '../open/find-volume.ts';
import { copyImage } from './copy-image.ts';

export interface EditImageOptions {
  /** Of all that is done. */
  readonly date: Date;
  /** The volume's size afterwards in bytes, from what it has and what it needs. */
  readonly size?: (now: number, needed: number) => number;
  /** In bytes: of the image's copy, where it cannot be cloned. */
  readonly onCopied?: ((done: number, total: number) => void) | undefined;
  /** In bytes: of the files that are added. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EditedImage<Result> {
  readonly result: Result;
  /** Of the volume, in bytes. */
  readonly before: number;
  readonly after: number;
}

/** Partitions are kept to whole blocks of 4096 bytes, which are whole blocks of any map. */
const unit = 4096;

/**
 * Changes the HFS+ volume of a raw disk or volume image: a copy of the image is changed, which then takes its place, or
 * nothing happens at all. The volume grows where it has to, and its partition with it; what loaders want free behind it
 * is there afterwards.
 * @throws Failure 'compressed-image' for a DMG, 'no-room' when another partition is in the way; FormatError
 */
export async function editImage<Result>(
  path: string,
  change: (editor: VolumeEditor, volume: HfsVolume) => Promise<Result> | Result,
  options: EditImageOptions,
): Promise<EditedImage<Result>> {
  const { signal, onCopied, onProgress } = options;
  const image = await openImage(path);
  try {
    if (image.format !== 'raw')
      throw new Failure('compressed-image', `${path} is packed, and only raw images are changed in place`, {
        hint: `Unpack it first: cidermill dmg convert ${path} OUTPUT.img`,
      });
    const found = await findHfsPlusToChange(image.disk);
    const { offset } = found;
    const volume = await openVolume(found.volume);
    const editor = await editVolume(volume, { date: options.date });
    const result = await change(editor, volume);
    const before = volume.header.totalBlocks * volume.header.blockSize;
    const needed = editor.sizeNeeded();
    const wanted = options.size?.(before, needed) ?? needed;
    if (wanted < needed)
      throw new Failure('no-space', `the volume needs ${needed} bytes, more than the ${wanted} asked for`);
    const room = found.partition?.size ?? image.disk.size;
    const grows = wanted > editor.size;
    if (grows) checkFillsPartition(found);
    const size = grows ? Math.max(room, Math.ceil(wanted / unit) * unit) : editor.size;
    await byRename(path, async (partial) => {
      await copyImage(path, partial, editor.bytesToCopy(), { signal, onProgress: onCopied });
      const target = await openTarget(partial, 'present');
      try {
        const tail = await loaderTail(image.disk);
        const isShort = tail !== undefined && tail.scheme !== 'mbr' && tail.wanted > image.disk.size;
        if (size > room || isShort) {
          const multipleOf = image.disk.size % 2048 === 0 ? 2048 : 512;
          await growPartition(target, { offset }, Math.max(size, room), { multipleOf });
        }
        await editor.commit(windowOf(target, offset, size), {
          size,
          onProgress: (done, total) => {
            signal?.throwIfAborted();
            onProgress?.(done, total);
          },
        });
      } finally {
        await target.close();
      }
    });
    return { result, before, after: size };
  } finally {
    await image.close();
  }
}
