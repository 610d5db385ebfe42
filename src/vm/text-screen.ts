import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/index.ts';
import type { QmpSession } from './qmp.ts';

/** VGA text mode 3: 25 rows of 80 cells, each a code page 437 character and an attribute, at 0xB8000. */
const textScreen = { address: 0xb8000, columns: 80, rows: 25, bytes: 80 * 25 * 2 } as const;

const upperHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
  '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

/** The 25 lines of a text screen as text, without the spaces at their ends; control codes are shown as spaces. */
export function decodeTextScreen(memory: Uint8Array): string[] {
  if (memory.length !== textScreen.bytes) {
    throw new RangeError(`a text screen has ${textScreen.bytes} bytes, not ${memory.length}`);
  }
  return Array.from({ length: textScreen.rows }, (_, row) => {
    const first = row * textScreen.columns * 2;
    const codes = memory
      .subarray(first, first + textScreen.columns * 2)
      .filter((_, index) => index % 2 === 0);
    return Array.from(codes, character).join('').trimEnd();
  });
}

function character(code: number): string {
  if (code >= 0x80) return upperHalf[code - 0x80] ?? ' ';
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : ' ';
}

/**
 * Reads the guest's text screen from its memory, without OCR. In a graphics mode the lines hold nothing of use.
 * @param folder QEMU's working folder as this process sees it; a file in it comes and goes
 */
export async function readTextScreen(
  qmp: QmpSession,
  folder: string,
  limits: { readonly signal?: AbortSignal; readonly milliseconds?: number } = {},
): Promise<string[]> {
  const name = 'text-screen.bin';
  const file = join(folder, name);
  try {
    await qmp.execute(
      'pmemsave',
      { val: textScreen.address, size: textScreen.bytes, filename: name },
      limits,
    );
    const memory = await readFile(file);
    if (memory.length !== textScreen.bytes) {
      throw new Failure('qmp-protocol', `pmemsave wrote ${memory.length} bytes, not ${textScreen.bytes}`);
    }
    return decodeTextScreen(memory);
  } finally {
    await rm(file, { force: true });
  }
}
