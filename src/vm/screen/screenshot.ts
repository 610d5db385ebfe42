import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { QmpSession } from '../process/qmp.ts';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const endChunk = Buffer.from('0000000049454e44ae426082', 'hex');

/**
 * Has QEMU write what its display shows as a PNG file into its working folder.
 * @param folder QEMU's working folder as this process sees it
 * @returns width and height in pixels
 * @throws Failure 'no-png' when this QEMU was built without it
 */
export async function takeScreenshot(
  qmp: QmpSession,
  folder: string,
  name: string,
  limits: { readonly signal?: AbortSignal; readonly sharesPaths?: boolean } = {},
): Promise<{ readonly width: number; readonly height: number }> {
  const file = join(folder, name);
  await rm(file, { force: true });
  try {
    const filename = limits.sharesPaths === true ? file : name;
    await qmp.execute('screendump', { filename, format: 'png' }, limits);
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'qmp-command' && /png|format/i.test(error.message)))
      throw error;
    throw new Failure('no-png', `this QEMU cannot write PNG files: ${error.message}`, {
      hint: 'Build it with --enable-png (QEMU 7.1 or newer).',
      cause: error,
    });
  }
  const png = await readFile(file);
  // The size is in the IHDR chunk, the first (PNG specification, 11.2.2).
  if (png.length < 57 || !png.subarray(0, 8).equals(signature) || !png.subarray(-12).equals(endChunk)) {
    throw new Failure('no-png', `screendump wrote ${png.length} bytes that are not a PNG file`);
  }
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
