import type { Excerpt } from './locate.ts';

/** Rows of 16 bytes in hexadecimal and as ASCII, each with its offset: `00001f40  4a 61 6e …  |Jan …|`. */
export function hexDump({ offset, bytes }: Excerpt): string[] {
  const rows: string[] = [];
  for (let row = 0; row < bytes.length; row += 16) {
    const part = bytes.subarray(row, row + 16);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    rows.push(`${(offset + row).toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  |${text.join('')}|`);
  }
  return rows;
}
