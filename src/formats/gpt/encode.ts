import type { Patch } from '../source/index.ts';
import { crc32 } from '../udif/crc32.ts';
import { gptHeader, gptSectorSize as sectorSize, type GptHeader } from './layout.ts';

/** How many sectors the entries take. */
export function entrySectors(rawEntries: Uint8Array): number {
  return Math.ceil(rawEntries.length / sectorSize);
}

/**
 * Both tables of a disk of `sectors`: the primary where the header has it, the backup at the disk's end.
 * @param header what both share; its places, its last usable sector and its checksums are set here
 * @param rawHeader a header's sector, of which what lies after the fields known is kept
 */
export function encodeTables(
  header: GptHeader,
  rawHeader: Uint8Array,
  rawEntries: Uint8Array,
  sectors: number,
): Patch[] {
  const last = BigInt(sectors - 1);
  const backupEntries = last - BigInt(entrySectors(rawEntries));
  const shared = { ...header, lastUsable: backupEntries - 1n, entriesCrc32: crc32(rawEntries) };
  const entriesSector = header.sector === 1n ? header.entriesSector : 2n;
  return [
    ...patches({ ...shared, sector: 1n, otherSector: last, entriesSector }),
    ...patches({ ...shared, sector: last, otherSector: 1n, entriesSector: backupEntries }),
  ];

  function patches(fields: GptHeader): Patch[] {
    const raw = new Uint8Array(rawHeader);
    raw.set(gptHeader.encode({ ...fields, headerCrc32: 0 }));
    const headerCrc32 = crc32(raw.subarray(0, fields.headerSize));
    raw.set(gptHeader.encode({ ...fields, headerCrc32 }));
    return [
      { offset: Number(fields.sector) * sectorSize, bytes: raw },
      { offset: Number(fields.entriesSector) * sectorSize, bytes: rawEntries },
    ];
  }
}
