import { array, bytes, struct, u16, u32 } from '../struct/index.ts';

/** Beginning of a file "._name" (RFC 1740, appendix B): what a fork or the Finder has of the file "name". */
const header = struct('apple-double.header', {
  magic: u32,
  version: u32,
  filler: bytes(16),
  entryCount: u16,
});
const entry = struct('apple-double.entry', { id: u32, offset: u32, length: u32 });
const magic = 0x00051607;
const version = 0x00020000;
const entryId = { resourceFork: 2, finderInfo: 9 } as const;
const entries = array(entry, 2);

/** Finder info of a file or folder: the 32 bytes of its catalog record. */
const finderInfoSize = 32;

/**
 * What comes before the resource fork in an AppleDouble file.
 * @param resourceSize below 2^32, as everything in this format
 */
export function appleDoubleHead(finderInfo: Uint8Array, resourceSize: number): Uint8Array {
  if (finderInfo.length !== finderInfoSize) throw new RangeError(`Finder info of ${finderInfo.length} bytes`);
  if (resourceSize > 0xffffffff) throw new RangeError(`a resource fork of ${resourceSize} bytes`);
  const infoAt = header.size + entries.size;
  const table = new Uint8Array(entries.size);
  entries.write(new DataView(table.buffer), 0, [
    { id: entryId.finderInfo, offset: infoAt, length: finderInfoSize },
    { id: entryId.resourceFork, offset: infoAt + finderInfoSize, length: resourceSize },
  ]);
  return Buffer.concat([
    header.encode({ magic, version, filler: new Uint8Array(16), entryCount: 2 }),
    table,
    finderInfo,
  ]);
}
