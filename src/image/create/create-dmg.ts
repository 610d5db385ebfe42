import { open, type FileHandle } from 'node:fs/promises';
import { Failure, systemReason, type ByteSource } from '../../base/index.ts';
import { encodeTail } from '../../formats/udif/index.ts';
import { byRename } from '../by-rename.ts';
import { openImage } from '../open/open-image.ts';
import { refuseSameFile } from '../same-file.ts';
import { chunkStore, type ChunkStore } from './chunk-store.ts';
import type { CreateOptions } from './options.ts';
import { regionsOf } from './regions.ts';
import { writeTables } from './write-tables.ts';
import { writeAll } from '../write-all.ts';

export interface Created {
  /** Of the disk in it, and of the file, in bytes. */
  readonly size: number;
  readonly fileSize: number;
}

/**
 * Makes a UDIF image of a disk: the same bytes for the same disk, whatever the threads. It appears by rename when it is
 * whole, or not at all.
 * @param disk a source of whole sectors, or the path of an image that `openImage` reads
 * @throws FormatError when the disk's map is damaged; Failure when something cannot be read or written; the signal's
 *   reason when it is aborted
 */
export async function createDmg(
  disk: ByteSource | string,
  output: string,
  options: CreateOptions = {},
): Promise<Created> {
  options.signal?.throwIfAborted();
  if (typeof disk !== 'string') {
    return createFrom(disk, output, () => chunkStore(disk.size, options), options);
  }
  const image = await openImage(disk);
  try {
    await refuseSameFile(image.place.file, output);
    return await createDmg(image.disk, output, options);
  } finally {
    await image.close();
  }
}

/** As createDmg does, with the chunks as any store makes them. */
export async function createFrom(
  disk: ByteSource,
  output: string,
  openStore: () => ChunkStore,
  options: CreateOptions,
): Promise<Created> {
  if (disk.size % 512 !== 0) throw new RangeError(`a disk of ${disk.size} bytes is not of whole sectors`);
  const { variant, regions } = await regionsOf(disk);
  return byRename(output, async (path) => {
    const file = await open(path, 'wx').catch(cannotWrite(output));
    const store = openStore();
    try {
      const written = appender(file, output);
      const { tables, crc32 } = await writeTables(disk, regions, store, written.append, options);
      const dataForkLength = written.length();
      const tail = encodeTail({
        tables,
        sectorCount: disk.size / 512,
        dataForkOffset: 0,
        dataForkLength,
        dataForkCrc32: crc32,
        variant,
      });
      await written.append(tail);
      return { size: disk.size, fileSize: written.length() };
    } finally {
      await store.close();
      await file.close();
    }
  });
}

/** Writes one thing after another. */
function appender(
  file: FileHandle,
  name: string,
): { readonly append: (bytes: Uint8Array) => Promise<void>; readonly length: () => number } {
  let length = 0;
  return {
    length: () => length,
    append: async (bytes) => {
      await writeAll(file, bytes, length).catch(cannotWrite(name));
      length += bytes.length;
    },
  };
}

function cannotWrite(path: string): (cause: unknown) => never {
  return (cause) => {
    const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
    throw new Failure('cannot-write', `${path} cannot be written: ${systemReason(cause)}`, {
      cause,
      ...(full ? { hint: 'Free some space, or write to another disk.' } : {}),
    });
  };
}
