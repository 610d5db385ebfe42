import type { ByteSource } from '../../base/index.ts';
import { readSparse, type Sparse } from '../../formats/sparse/index.ts';
import { decodedImage, readUdif, type BlockTable, type Chunk, type Udif } from '../../formats/udif/index.ts';
import type { Band } from './outer/bundle.ts';
import { checkRawImage } from './recognise.ts';

/** A disk image's disk. */
export interface Disk {
  readonly format: 'udif' | 'sparse' | 'sparsebundle' | 'raw';
  /** Undefined of other formats. */
  readonly udif: Udif | undefined;
  /** Where all of its bytes come from, whatever the format; a raw or sparse image is one table without a checksum. */
  readonly tables: readonly BlockTable[];
  /** The whole disk, decoded where it is read. */
  readonly disk: ByteSource;
}

/**
 * The disk in an image.
 * @param ranges of a sparse bundle: what was ever written
 * @throws FormatError that says what the bytes are when they are no disk image we can read
 */
export async function openDisk(image: ByteSource, ranges?: readonly Band[]): Promise<Disk> {
  if (ranges !== undefined) {
    await checkRawImage(image);
    const bands = ranges.map((band) => ({ ...band, offset: band.start }));
    const tables = [wholeTable(image.size, chunksOf({ size: image.size, bands }))];
    return { format: 'sparsebundle', udif: undefined, tables, disk: image };
  }
  const udif = await readUdif(image);
  if (udif !== undefined) {
    return { format: 'udif', udif, tables: udif.tables, disk: decodedImage(image, udif) };
  }
  const sparse = await readSparse(image);
  if (sparse !== undefined) {
    const tables = [wholeTable(sparse.size, chunksOf(sparse))];
    return { format: 'sparse', udif, tables, disk: decodedImage(image, { size: sparse.size, tables }) };
  }
  await checkRawImage(image);
  const { size } = image;
  const tables = [wholeTable(size, [{ kind: 'raw', start: 0, size, offset: 0, length: size }])];
  return { format: 'raw', udif, tables, disk: image };
}

function wholeTable(size: number, chunks: readonly Chunk[]): BlockTable {
  return { name: 'whole disk', start: 0, size, crc32: undefined, checksumType: 0, chunks };
}

/** The bands, and between them what was never written. */
function chunksOf({ size, bands }: Sparse): Chunk[] {
  const chunks: Chunk[] = [];
  let end = 0;
  const skip = (to: number): void => {
    if (to > end) chunks.push({ kind: 'ignore', start: end, size: to - end, offset: 0, length: 0 });
  };
  for (const band of bands) {
    skip(band.start);
    chunks.push({ kind: 'raw', ...band, length: band.size });
    end = band.start + band.size;
  }
  skip(size);
  return chunks;
}
