import { volumeHeaderOffset, type VolumeHeader } from '../volume-header.ts';
import type { CheckedCatalog } from './entry.ts';
import type { Findings } from './findings.ts';

/** What the header's first six numbers for the Finder are ids of; the other two are the volume's own id. */
const blessed = [
  ['the folder of the blessed system', 'folder'],
  ['the file that starts it', undefined],
  ['the folder to open', 'folder'],
  ['the folder of Mac OS 8 or 9', 'folder'],
  undefined,
  ['the folder of OS X', 'folder'],
] as const;

/** Checks that what the header blesses is there (TN1150, "Volume Header", finderInfo). */
export function checkReferences(header: VolumeHeader, { entries }: CheckedCatalog, found: Findings): void {
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
