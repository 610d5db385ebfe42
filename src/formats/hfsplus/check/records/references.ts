import { volumeHeaderOffset } from '../../volume-header.ts';
import type { CheckContext } from '../blocks/context.ts';
import type { CheckedCatalog } from './entry.ts';

/** What the header's first six numbers for the Finder are ids of; the other two are the volume's own id. */
const blessed = [
  ['the folder of the blessed system', 'folder'],
  ['the file that starts it', undefined],
  ['the folder to open', 'folder'],
  ['the folder of Mac OS 8 or 9', 'folder'],
  undefined,
  ['the folder of OS X', 'folder'],
] as const;

/** MacUnicode, which has no bit. */
const unicode = 126;
/** Numbers of encodings beyond 63 have bits that are free (TN1150, "Text Encodings"). */
const highEncodings: ReadonlyMap<number, number> = new Map([
  [140, 49], // MacFarsi
  [152, 48], // MacUkrainian
]);

/** Checks that what the header blesses is there, and that it knows every encoding in use (TN1150, "Volume Header"). */
export function checkReferences(
  { header, found, encodings }: CheckContext,
  { entries }: CheckedCatalog,
): void {
  for (const encoding of encodings) {
    if (encoding === unicode) continue;
    const known = encoding < 64 || highEncodings.has(encoding);
    if (!known) found.remark('catalog', `the text encoding ${encoding} is unknown`);
    // Apple's fsck takes the bit of its low seven bits.
    const bit = highEncodings.get(encoding) ?? encoding & 0x7f;
    if (bit > 63) continue;
    if ((header.encodings & (1n << BigInt(bit))) === 0n)
      found.fault('header', `its map of text encodings lacks ${encoding}`, {
        offset: volumeHeaderOffset + 72,
      });
  }
  blessed.forEach((reference, index) => {
    const id = header.finderInfo[index] ?? 0;
    if (reference === undefined || id === 0) return;
    const [what, kind] = reference;
    const entry = entries.get(id);
    if (entry !== undefined && (kind === undefined || entry.kind === kind)) return;
    const is = entry === undefined ? 'does not exist' : 'is a file';
    found.remark('header', `${what}, ${id}, ${is}`, { offset: volumeHeaderOffset + 80 + 4 * index });
  });
}
