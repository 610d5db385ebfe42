import { Failure } from '../../../../base/index.ts';
import { onInterrupt } from '../../../interrupt.ts';
import { showProgress } from '../../../reporters/progress-line.ts';
import { formatBytes } from '../../../../text/format.ts';
import type { EditedImage, EditImageOptions } from '../../../../image/index.ts';
import type { EditedEntry, HfsVolume, VolumeEditor } from '../../../../formats/hfsplus/index.ts';

/** Changes the volume of an image as editImage does, with progress on the terminal and Ctrl-C. */
export async function edit<Result>(
  image: string,
  change: (editor: VolumeEditor, volume: HfsVolume) => Promise<Result> | Result,
  size?: EditImageOptions['size'],
): Promise<EditedImage<Result>> {
  const { editImage } = await import('../../../../image/index.ts');
  const copy = showProgress('copy');
  const write = showProgress('write');
  return editImage(image, change, {
    date: new Date(),
    signal: onInterrupt(),
    onCopied: copy.take,
    onProgress: write.take,
    ...(size === undefined ? {} : { size }),
  }).finally(write.end);
}

/** What became of the volume's size, when it did. */
export function grown({ before, after }: EditedImage<unknown>): string {
  return after > before ? `; the volume has grown from ${formatBytes(before)} to ${formatBytes(after)}` : '';
}

/** `IMAGE:/path` as its two parts. @throws Failure 'usage' for an image inside another: only files can be changed */
export function imageAndPath(place: string): { readonly image: string; readonly path: string } {
  const [image = '', path = '', ...deeper] = place.split(':/');
  if (deeper.length > 0)
    throw new Failure('usage', `${place} is inside another image; only images on disk can be changed`);
  return { image, path };
}

/** @throws Failure 'not-found' */
export function entryAt(editor: VolumeEditor, path: string): EditedEntry {
  const entry = editor.find(path);
  if (entry === undefined) throw new Failure('not-found', `there is no /${path}`);
  return entry;
}
