import type { ByteSource } from '../../base/index.ts';

/** In the first sector of a Core Storage physical volume. Little-endian; not published, seen on disks. */
const signatureOffset = 88;
const crc32c = 1;

/** Does a partition begin like a Core Storage physical volume? */
export async function isCoreStorage(volume: ByteSource): Promise<boolean> {
  if (volume.size < 512) return false;
  const [c, s, low, high] = await volume.read(signatureOffset, 4);
  return c === 0x43 && s === 0x53 && low === crc32c && high === 0;
}
