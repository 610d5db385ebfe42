import { FormatError } from '../../base/index.ts';
import { joinCrc32, showCrc32, zerosCrc32 } from '../../formats/udif/index.ts';
import { cut, type Work } from './pieces.ts';

/**
 * Holds every table's CRC-32 against that of its pieces joined. Zero chunks count, ignored ones do not.
 * @param sums the pieces' CRC-32s
 * @returns the tables that have one, and so have been checked
 * @throws FormatError at the first data of a table whose CRC-32 does not match
 */
export function checkTables({ pieces, tables }: Work, sums: Uint32Array): readonly string[] {
  const checked: string[] = [];
  for (const { table, firstPiece } of tables) {
    if (table.crc32 === undefined) continue;
    let sum = 0;
    let index = firstPiece;
    for (const chunk of table.chunks) {
      if (chunk.kind === 'zero') sum = joinCrc32(sum, zerosCrc32(chunk.size), chunk.size);
      for (const piece of cut(chunk)) sum = joinCrc32(sum, sums[index++] ?? 0, piece.size);
    }
    if (sum !== table.crc32) {
      throw new FormatError(
        'udif',
        `the data of "${table.name}" has the CRC-32 ${showCrc32(sum)}, expected ${showCrc32(table.crc32)}`,
        { offset: pieces[firstPiece]?.offset ?? 0 },
      );
    }
    checked.push(table.name);
  }
  return checked;
}
