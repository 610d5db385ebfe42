import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { QmpSession } from '../process/qmp.ts';

/** VGA text mode 3: 25 rows of 80 cells, each a code page 437 character and an attribute, at 0xB8000. */
const textScreen = { address: 0xb8000, columns: 80, rows: 25, bytes: 80 * 25 * 2 } as const;

const upperHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
  '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

/** The 25 lines of a text screen as text, without the spaces at their ends; control codes are shown as spaces. */
export function decodeTextScreen(memory: Uint8Array): string[] {
  return Array.from(rows(memory), (row) => Array.from(bytesAt(row, 0), character).join('').trimEnd());
}

/** The rows that have a cell whose background is not black, as menus show what is chosen: 0 to 24. */
export function highlightedRows(memory: Uint8Array): number[] {
  return rows(memory).flatMap((row, index) => (bytesAt(row, 1).some(isLit) ? [index] : []));
}

/**
 * The row that a menu shows as chosen. Chameleon takes the colour back from 40 cells alone and so leaves some of it
 * behind long names: the first row whose text begins in that colour goes before the first that has any of it.
 */
export function chosenRow(memory: Uint8Array): number | undefined {
  const all = rows(memory);
  const lit = highlightedRows(memory);
  return lit.find((index) => beginsLit(all[index] ?? memory)) ?? lit[0];
}

function beginsLit(row: Uint8Array): boolean {
  const first = bytesAt(row, 0).findIndex((code) => character(code) !== ' ');
  return isLit(bytesAt(row, 1)[first] ?? 0);
}

function isLit(attribute: number): boolean {
  return (attribute & 0x70) !== 0;
}

function rows(memory: Uint8Array): Uint8Array[] {
  if (memory.length !== textScreen.bytes) {
    throw new RangeError(`a text screen has ${textScreen.bytes} bytes, not ${memory.length}`);
  }
  const size = textScreen.columns * 2;
  return Array.from({ length: textScreen.rows }, (_, row) => memory.subarray(row * size, (row + 1) * size));
}

/** Of each cell: 0 its character, 1 its attribute. */
function bytesAt(row: Uint8Array, which: 0 | 1): Uint8Array {
  return row.filter((_, index) => index % 2 === which);
}

function character(code: number): string {
  if (code >= 0x80) return upperHalf[code - 0x80] ?? ' ';
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : ' ';
}

/** Of a look at the screen. */
export interface ScreenLimits {
  readonly signal?: AbortSignal;
  readonly milliseconds?: number;
  /** Does QEMU see files by the same paths as this process, whatever its working folder? */
  readonly sharesPaths?: boolean;
}

/**
 * Reads the guest's text screen from its memory, without OCR. In a graphics mode the lines hold nothing of use.
 * @param folder QEMU's working folder as this process sees it; a file in it comes and goes
 */
export async function readTextScreen(
  qmp: QmpSession,
  folder: string,
  limits: ScreenLimits = {},
): Promise<string[]> {
  return decodeTextScreen(await readTextMemory(qmp, folder, limits));
}

/** The 4000 bytes of it, characters and attributes. */
export async function readTextMemory(
  qmp: QmpSession,
  folder: string,
  limits: ScreenLimits = {},
): Promise<Uint8Array> {
  const name = 'text-screen.bin';
  const file = join(folder, name);
  try {
    await qmp.execute(
      'pmemsave',
      {
        val: textScreen.address,
        size: textScreen.bytes,
        filename: limits.sharesPaths === true ? file : name,
      },
      limits,
    );
    const memory = await readFile(file);
    if (memory.length !== textScreen.bytes) {
      throw new Failure('qmp-protocol', `pmemsave wrote ${memory.length} bytes, not ${textScreen.bytes}`);
    }
    return memory;
  } finally {
    await rm(file, { force: true });
  }
}
