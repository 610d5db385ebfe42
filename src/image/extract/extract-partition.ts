import { open } from 'node:fs/promises';
import { Failure, systemReason } from '../../base/index.ts';
import type { BlockTable } from '../../formats/udif/index.ts';
import { byRename } from '../by-rename.ts';
import type { ConvertOptions } from '../decode/convert-dmg.ts';
import { checkFreeSpace } from '../free-space.ts';
import type { Image } from '../open/open-image.ts';
import { partitionSource, type Numbered } from '../open/map/partitions.ts';
import { refuseSameFile } from '../same-file.ts';
import { scatter, scatterBytes, type Scatter } from '../decode/scatter.ts';

/** What has to be decoded for a partition, for its progress. In bytes. */
export function partitionWork(image: Image, partition: Numbered): number {
  return scatterBytes(scatterOf(image, partition));
}

/**
 * Writes one partition's bytes, as they are, to a file with holes where they are zero. It appears by rename when the
 * checksums of what it is made of are right, or not at all.
 * @throws FormatError when it is damaged or ends after the disk; Failure 'cannot-write'; the signal's reason
 */
export async function extractPartition(
  image: Image,
  partition: Numbered,
  output: string,
  { onProgress, signal, threads }: ConvertOptions = {},
): Promise<void> {
  const { size } = partitionSource(image.disk, partition);
  const what = scatterOf(image, partition);
  const total = scatterBytes(what);
  const cannotWrite = (cause: unknown): never => {
    throw new Failure('cannot-write', `${output} cannot be written: ${systemReason(cause)}`, { cause });
  };
  await refuseSameFile(image.place.file, output);
  if (image.format !== 'raw') await checkFreeSpace(output, Math.min(size, total));
  await byRename(output, async (path) => {
    const file = await open(path, 'wx').catch(cannotWrite);
    try {
      await file.truncate(size).catch(cannotWrite);
      let done = 0;
      const onDecoded = (bytes: number): void => onProgress?.((done += bytes), total);
      await scatter(what, file.fd, { onDecoded, signal, threads });
    } finally {
      await file.close();
    }
  });
}

function scatterOf({ place, source, tables }: Image, { offset, size }: Numbered): Scatter {
  return {
    place,
    source,
    tables: tables.flatMap((table) => clip(table, offset, offset + size)),
    moves: [{ from: offset, length: size, to: 0 }],
  };
}

/** What of a table is needed for a range: all of one that has a checksum, else no more than the range. */
function clip(table: BlockTable, from: number, to: number): BlockTable[] {
  if (table.start >= to || table.start + table.size <= from) return [];
  if (table.crc32 !== undefined) return [table];
  const chunks = table.chunks.flatMap((chunk) => {
    const start = Math.max(from, chunk.start);
    const size = Math.min(to, chunk.start + chunk.size) - start;
    if (size <= 0) return [];
    if (chunk.kind !== 'raw') return [chunk];
    return [{ ...chunk, start, size, offset: chunk.offset + start - chunk.start, length: size }];
  });
  return [{ ...table, chunks }];
}
