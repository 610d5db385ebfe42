import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Failure, temporaryBeside } from '../base/index.ts';
import { withServedDisk, type DiskTrust, type RemoteDisk } from '../vm/index.ts';
import { imageInfo, qemuImg, type DiskTools } from './qemu-img.ts';

/**
 * Changes the disk in an image. What is written goes to an overlay beside it, and into the image only when `edit` has
 * come to its end: until then the image is untouched. An edit that resolves to undefined changes nothing.
 * @param trust what the user says of the image
 * @param size of the disk from now on, in bytes; as it is when left out
 */
export async function editDisk<T>(
  tools: DiskTools,
  image: string,
  trust: DiskTrust,
  edit: (disk: RemoteDisk) => Promise<T | undefined>,
  size?: number,
): Promise<T | undefined> {
  const { format } = await imageInfo(tools, image, trust);
  const overlay = temporaryBeside(image, 'overlay');
  try {
    const length = size === undefined ? [] : [String(size)];
    await qemuImg(tools, [
      'create',
      '-q',
      '-f',
      'qcow2',
      '-b',
      `./${basename(image)}`,
      '-F',
      format,
      overlay,
      ...length,
    ]);
    const file = { file: overlay, format: 'qcow2', writable: true, onTop: true };
    const result = await withServedDisk(tools.system, file, edit);
    if (result !== undefined) await putBack(tools, overlay);
    await rm(overlay, { force: true });
    return result;
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'half-written')) await rm(overlay, { force: true });
    throw error;
  }
}

/** Writes what the overlay has into the image; doing it again carries on. */
async function putBack(tools: DiskTools, overlay: string): Promise<void> {
  const commit = ['commit', '-q', '-d', '-f', 'qcow2', overlay];
  await qemuImg(tools, commit).catch((cause: unknown) => {
    throw new Failure('half-written', `the image is half changed: ${(cause as Error).message}`, {
      hint: `Nothing is lost. Finish the change: ${tools.img} ${commit.join(' ')}`,
      cause,
    });
  });
}
