import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 0xRRGGBB. */
  at(x: number, y: number): number;
}

/** Decodes a PNG of 8-bit RGB without interlace, as QEMU writes them (PNG specification, 9). */
export function readPng(path: string): Pixels {
  const file = readFileSync(path);
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  if (!file.subarray(24, 29).equals(Buffer.from([8, 2, 0, 0, 0]))) throw new Error('not 8-bit RGB');
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
    }
  }
  const raw = inflateSync(Buffer.concat(parts));
  const size = 3 * width;
  const rows = Buffer.alloc(size * height);
  const byte = (x: number, y: number): number => (x < 0 || y < 0 ? 0 : (rows[y * size + x] ?? 0));
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (size + 1)];
    for (let x = 0; x < size; x++) {
      const [a, b, c] = [byte(x - 3, y), byte(x, y - 1), x < 3 ? 0 : byte(x - 3, y - 1)];
      const add = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter ?? 0] ?? 0;
      rows[y * size + x] = (raw[y * (size + 1) + 1 + x] ?? 0) + add;
    }
  }
  return { width, height, at: (x, y) => rows.readUIntBE(y * size + 3 * x, 3) };
}

function paeth(a: number, b: number, c: number): number {
  const [da, db, dc] = [a, b, c].map((each) => Math.abs(a + b - c - each)) as [number, number, number];
  return da <= db && da <= dc ? a : db <= dc ? b : c;
}
