import { FormatError, type ByteSource } from '../../../../base/index.ts';
import { openCompressed } from '../../compressed.ts';
import { forkSource } from '../../fork.ts';
import { compressedFlag } from '../../records.ts';
import type { CheckContext } from '../blocks/context.ts';
import type { CheckedCatalog, CheckedEntry } from './entry.ts';

/** Checks what a compressed file's attribute says: data in it are decoded, those in the resource fork have their places checked. */
export async function checkCompression(
  { found, header, source }: CheckContext,
  entry: CheckedEntry,
  attribute: ByteSource,
  at: number,
): Promise<void> {
  const { id } = entry;
  entry.compression = true;
  if (entry.resource === undefined) {
    found.remark(
      'compression',
      `${entry.kind} ${id} has an attribute for compressed data, but is not flagged as compressed`,
      { offset: at, id },
    );
    return;
  }
  const { extents, size } = entry.resource;
  try {
    const file = await openCompressed(attribute, forkSource(source, extents, size, header.blockSize), at);
    if (file.kind === 'unknown')
      found.remark('compression', `file ${id} is compressed by type ${file.type}, which cannot be checked`, {
        offset: at,
        id,
      });
    if (file.kind === 'blocks') for (let index = 0; index < file.count; index++) file.place(index);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    found.fault('compression', `file ${id}: ${error.reason}`, { offset: at, id });
  }
}

/** Finds files whose flags tell of compressed data that they have not. */
export function checkCompressionFlags({ found }: CheckContext, { entries }: CheckedCatalog): void {
  for (const { id, kind, fields, compression, at } of entries.values()) {
    if (kind === 'file' && !compression && (fields.ownerFlags & compressedFlag) !== 0)
      found.fault('compression', `file ${id} is flagged as compressed and has no attribute for it`, {
        offset: at,
        id,
      });
  }
}
