/** The CRC-32 of bzip2: zlib's polynomial, the highest bit of each byte first. */
const polynomial = 0x04c11db7;

/** The sum of a range of bytes, as an Int32. Eight bytes a step: looked up side by side, where one alone would wait for the last. */
export const crc32 = newCrc32();

function newCrc32(): (bytes: Uint8Array, from: number, to: number) => number {
  /** What a byte adds to a sum when none, one, … seven more bytes come after it: 256 for each, one table after the other. */
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte << 24;
    for (let table = 0; table < 8; table++) {
      for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ polynomial : sum << 1;
      tables[table * 256 + byte] = sum;
    }
  }
  return (bytes, from, to) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let sum = -1;
    let at = from;
    for (; at + 8 <= to; at += 8) {
      const a = sum ^ view.getInt32(at);
      const b = view.getInt32(at + 4);
      sum =
        (tables[0x700 | (a >>> 24)] ?? 0) ^
        (tables[0x600 | ((a >>> 16) & 0xff)] ?? 0) ^
        (tables[0x500 | ((a >>> 8) & 0xff)] ?? 0) ^
        (tables[0x400 | (a & 0xff)] ?? 0) ^
        (tables[0x300 | (b >>> 24)] ?? 0) ^
        (tables[0x200 | ((b >>> 16) & 0xff)] ?? 0) ^
        (tables[0x100 | ((b >>> 8) & 0xff)] ?? 0) ^
        (tables[b & 0xff] ?? 0);
    }
    for (; at < to; at++) sum = (sum << 8) ^ (tables[(sum >>> 24) ^ (bytes[at] ?? 0)] ?? 0);
    return ~sum;
  };
}
