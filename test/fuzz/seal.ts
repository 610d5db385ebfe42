import { crc32 } from 'node:zlib';

const headerSize = 12;
const footerSize = 12;

/** Gives the headers of an .xz file the checksums that they then have, so that more than those is looked at. */
export function sealXz(bytes: Buffer): Buffer {
  const sealed = Buffer.from(bytes);
  if (sealed.length < headerSize + footerSize + 8) return sealed;
  sealed.writeUInt32LE(crc32(sealed.subarray(6, 8)), 8);
  seal(sealed, headerSize, headerSize + ((sealed[headerSize] ?? 0) + 1) * 4);
  const footer = sealed.length - footerSize;
  const indexSize = (sealed.readUInt32LE(footer + 4) + 1) * 4;
  if (indexSize <= footer - headerSize) seal(sealed, footer - indexSize, footer);
  sealed.writeUInt32LE(crc32(sealed.subarray(footer + 4, footer + 10)), footer);
  return sealed;
}

/** The last four bytes of a range are the checksum of those before. */
function seal(bytes: Buffer, from: number, to: number): void {
  if (to - from < 8 || to > bytes.length) return;
  bytes.writeUInt32LE(crc32(bytes.subarray(from, to - 4)), to - 4);
}
