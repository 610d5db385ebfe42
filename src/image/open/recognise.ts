import { FormatError, type ByteSource } from '../../base/index.ts';
import { readPartitionMap } from './map/partition-map.ts';
import { readVolume } from './volume.ts';

/** Files people try that are no disk images, by their first bytes. */
const others: readonly (readonly [magic: string, what: string])[] = [
  ['xar!', 'a xar archive (an installer package)'],
  ['\x1f\x8b', 'a gzip file; unpack it first'],
  ['BZh', 'a bzip2 file; unpack it first'],
  ['\xfd7zXZ', 'an xz file; unpack it first'],
  ['PK\x03\x04', 'a zip archive; unpack it first'],
  ['7z\xbc\xaf', 'a 7z archive; unpack it first'],
  ['QFI\xfb', 'a qcow2 image'],
  ['<!DOCTYPE', 'a web page, perhaps of a download that failed'],
  ['<html', 'a web page, perhaps of a download that failed'],
];

/**
 * Makes sure that a file without a UDIF trailer is the raw image of a disk or volume, and whole.
 * @throws FormatError that says what it is instead
 */
export async function checkRawImage(file: ByteSource): Promise<void> {
  if (file.size === 0) throw new FormatError('udif', 'the file is empty', { offset: 0, whole: true });
  const head = Buffer.from(await file.read(0, Math.min(16, file.size))).toString('latin1');
  const tail = Buffer.from(await file.read(Math.max(0, file.size - 8), Math.min(8, file.size))).toString(
    'latin1',
  );
  if (head.startsWith('encrcdsa') || tail === 'cdsaencr') {
    throw new FormatError('udif', 'the image is encrypted, and its password is needed', {
      offset: head.startsWith('encrcdsa') ? 0 : file.size - 8,
    });
  }
  const other = others.find(([magic]) => head.startsWith(magic))?.[1];
  if (other !== undefined)
    throw new FormatError('udif', `not a disk image but ${other}`, { offset: 0, whole: true });
  const end = await rawImageSize(file);
  if (end === undefined) {
    throw new FormatError(
      'udif',
      'not a disk image, or a truncated one: it has neither a UDIF trailer nor a partition map or volume',
      { offset: Math.max(0, file.size - 512), whole: true },
    );
  }
  if (end > file.size) {
    throw new FormatError(
      'udif',
      `the image is truncated: its disk has ${end} bytes and the file ${file.size}`,
      {
        offset: file.size,
      },
    );
  }
  // A UDIF file of raw chunks begins like the disk in it; when its end is lost its tables are still there.
  if (end + 5 <= file.size && Buffer.from(await file.read(end, 5)).toString('latin1') === '<?xml') {
    throw new FormatError('udif', 'the image is truncated: its tables are there and its trailer is not', {
      offset: file.size,
    });
  }
  if (file.size % 512 !== 0) {
    throw new FormatError('udif', `the image is truncated: ${file.size} bytes are not whole sectors of 512`, {
      offset: file.size,
    });
  }
}

/** Where the disk or volume in a raw image ends, by its own account; undefined when none exists. */
async function rawImageSize(file: ByteSource): Promise<number | undefined> {
  const map = await readPartitionMap(file);
  if (map !== undefined) return map.size;
  const volume = await readVolume(file);
  return volume === undefined ? undefined : (volume.size ?? 512);
}
