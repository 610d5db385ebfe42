import { Failure } from '../../base/index.ts';

const magic = 0xfd2fb528;
/** In bytes: a block never holds more (RFC 8878, 3.1.1.2.4). */
const largestBlock = 128 << 10;
/** Encoders split blocks where it saves something; no one makes more of 1 MiB. */
const mostBlocks = 256;
/** 2 to this power: no decoder has to hold more bytes. */
const largestWindow = 23;

/**
 * Checks a Zstandard frame (RFC 8878) before it is expanded: that it is one, ends where the bytes end, and can hold no
 * more than a decoder may be asked to write.
 * @throws Failure 'registry-answer'
 */
export function checkFrame(frame: Buffer, size: number): void {
  const fail = (why: string): never => {
    throw new Failure('registry-answer', `${frame.length} bytes of a pack are not a zstd frame: ${why}`);
  };
  if (frame.length < 9 || frame.readUInt32LE(0) !== magic) fail('the magic number is missing');
  const descriptor = frame.readUInt8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x0b) !== 0) fail('it wants a dictionary or a newer decoder');
  if (!isSingle && 10 + (frame.readUInt8(5) >> 3) > largestWindow) fail('its window is too large');
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = isSingle ? 5 : 6;
  if (sizeAt + sizeBytes > frame.length) fail('it ends in its header');
  // Two bytes begin at 256.
  const stated =
    sizeBytes === 8
      ? Number(frame.readBigUInt64LE(sizeAt))
      : sizeBytes === 0
        ? size
        : frame.readUIntLE(sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  if (stated !== size) fail(`it holds ${stated} bytes, not ${size}`);
  let at = sizeAt + sizeBytes;
  for (let count = 0; ; count++) {
    if (count >= mostBlocks) fail('it has too many blocks');
    if (at + 3 > frame.length) fail('it ends between its blocks');
    const block = frame.readUIntLE(at, 3);
    const length = block >> 3;
    if (length > largestBlock || ((block >> 1) & 3) === 3) fail('a block is not allowed');
    at += 3 + (((block >> 1) & 3) === 1 ? 1 : length);
    if ((block & 1) !== 0) break;
  }
  if (at + ((descriptor & 4) !== 0 ? 4 : 0) !== frame.length) fail('it does not end with its bytes');
}
