import type { Extent } from '../../fork.ts';

/** A bit for each allocation block, the first in the highest bit of the first byte; set: in use. */
export type Bitmap = Uint8Array;

export function setBlocks(bitmap: Bitmap, run: Extent): void {
  eachByte(run, (byte, mask) => {
    bitmap[byte] = (bitmap[byte] ?? 0) | mask;
  });
}

export function clearBlocks(bitmap: Bitmap, run: Extent): void {
  eachByte(run, (byte, mask) => {
    bitmap[byte] = (bitmap[byte] ?? 0) & ~mask;
  });
}

/** Is one of these blocks in use? */
export function anyInUse(bitmap: Bitmap, run: Extent): boolean {
  let found = false;
  eachByte(run, (byte, mask) => {
    found ||= ((bitmap[byte] ?? 0) & mask) !== 0;
  });
  return found;
}

/** Is one of these blocks free? */
export function anyFree(bitmap: Bitmap, run: Extent): boolean {
  let found = false;
  eachByte(run, (byte, mask) => {
    found ||= ((bitmap[byte] ?? 0) & mask) !== mask;
  });
  return found;
}

/** The runs of free blocks in order. @param total blocks there are */
export function freeRuns(bitmap: Bitmap, total: number): Extent[] {
  const runs: Extent[] = [];
  let start = -1;
  for (let block = 0; block < total; block++) {
    if (block % 8 === 0) {
      const same = sameBytes(bitmap, block / 8, Math.floor(total / 8), start < 0 ? 0xff : 0);
      if (same > 0) {
        block += 8 * same - 1;
        continue;
      }
    }
    const used = ((bitmap[Math.floor(block / 8)] ?? 0) & (0x80 >> (block % 8))) !== 0;
    if (!used && start < 0) start = block;
    else if (used && start >= 0) {
      runs.push({ startBlock: start, blockCount: block - start });
      start = -1;
    }
  }
  if (start >= 0) runs.push({ startBlock: start, blockCount: total - start });
  return runs;
}

const page = 4096;
const pages = { 0: Buffer.alloc(page), 255: Buffer.alloc(page, 0xff) } as const;

/** How many bytes from `from` on are all that value: whole pages at once, since bitmaps of terabytes are mostly one. */
function sameBytes(bitmap: Bitmap, from: number, end: number, value: 0 | 0xff): number {
  const bytes = Buffer.from(bitmap.buffer, bitmap.byteOffset, bitmap.length);
  let at = from;
  while (at < end && bytes[at] === value) {
    if (at + page <= end && bytes.compare(pages[value], 0, page, at, at + page) === 0) at += page;
    else at++;
  }
  return at - from;
}

function eachByte({ startBlock, blockCount }: Extent, visit: (byte: number, mask: number) => void): void {
  const end = startBlock + blockCount;
  for (let block = startBlock; block < end;) {
    const from = block % 8;
    const to = Math.min(8, from + end - block);
    visit(Math.floor(block / 8), (0xff >> from) & (0xff << (8 - to)) & 0xff);
    block += to - from;
  }
}

export function blocksIn(extents: readonly Extent[]): number {
  return extents.reduce((sum, { blockCount }) => sum + blockCount, 0);
}
