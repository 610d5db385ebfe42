import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../base/index.ts';
import { byRename } from '../image/index.ts';
import { withServedDisk, type DiskTrust } from '../vm/index.ts';
import { layOut, type NewVolume } from './lay-out.ts';
import { diskInfo, type RawOption } from './check-disk.ts';
import { qemuImg, type DiskTools } from './qemu-img.ts';

export interface NewDisk extends RawOption {
  /** What the guest sees, in bytes; that of the backing image when left out. */
  readonly size?: number;
  /** An image that this one starts from and leaves as it is. */
  readonly backing?: string;
  /** What the user says of that image. */
  readonly backingTrust?: DiskTrust;
  /** A volume to install onto; without one the disk is empty. */
  readonly volume?: NewVolume;
}

/**
 * Makes a qcow2 disk, empty or ready to install onto: a GPT with an EFI partition and an HFS+ volume that has the
 * loader's settings. It appears by rename.
 * @throws Failure 'exists', 'usage', and what QEMU says
 */
export async function newDisk(
  tools: DiskTools,
  output: string,
  { size, backing, backingTrust = {}, volume, raw }: NewDisk,
): Promise<void> {
  if (existsSync(output))
    throw new Failure('exists', `${output} exists already`, { hint: 'Remove it, or name another.' });
  if (size === undefined && backing === undefined)
    throw new Failure('usage', 'a new disk needs a size', {
      hint: 'Give --size, such as --size 30G, or --backing IMAGE.',
    });
  if (volume !== undefined && backing !== undefined)
    throw new Failure(
      'usage',
      '--volume cannot be used with --backing: the new disk has the volumes of its base image',
    );
  const behind =
    backing === undefined
      ? []
      : ['-b', resolve(backing), '-F', (await diskInfo(tools, backing, { ...backingTrust, raw })).format];
  await byRename(output, async (partial) => {
    const length = size === undefined ? [] : [String(size)];
    await qemuImg(tools, ['create', '-q', '-f', 'qcow2', ...behind, partial, ...length]);
    if (volume === undefined) return;
    const image = { file: partial, format: 'qcow2', writable: true };
    await withServedDisk(tools.system, image, (disk) =>
      layOut(disk, volume, { guid: () => randomUUID(), date: new Date() }),
    );
  });
}
