import { crc32 as addCrc32 } from 'node:zlib';
import { FormatError } from '../../base/index.ts';
import { showCrc32 } from '../../formats/udif/index.ts';
import { checkTables } from './checksums.ts';
import type { ConvertOptions } from './convert-dmg.ts';
import { decodeAll } from './decode-all.ts';
import { inputOf, openImage, type Image } from '../open/open-image.ts';
import type { ImagePath } from '../open/place.ts';
import { planWork } from './pieces.ts';

export interface Verified {
  /** What was held against a checksum: 'data fork', 'master', and tables by name. Empty when the image has none. */
  readonly checked: readonly string[];
  /** Tables without a checksum of a kind known. */
  readonly unchecked: readonly string[];
}

/** Decodes all of an image and checks every checksum it has. @throws FormatError at the first that is wrong */
export async function verifyDmg(path: string | ImagePath, options: ConvertOptions = {}): Promise<Verified> {
  options.signal?.throwIfAborted();
  const image = await openImage(path);
  try {
    const work = planWork(image.tables);
    const total = work.pieces.reduce((sum, piece) => sum + piece.size, 0);
    let done = 0;
    const sums = await decodeAll(
      work.pieces,
      { input: inputOf(image), source: image.source, output: undefined },
      {
        signal: options.signal,
        threads: options.threads,
        onDecoded: (bytes) => options.onProgress?.((done += bytes), total),
      },
    );
    const tables = checkTables(work, sums);
    const unchecked = (image.udif?.tables ?? [])
      .filter((table) => table.crc32 === undefined)
      .map((table) => table.name);
    const master = image.udif?.koly.masterChecksum.type === 2 && unchecked.length === 0;
    const dataFork = await checkDataFork(image, options.signal);
    return {
      checked: [...(dataFork ? ['data fork'] : []), ...(master ? ['master'] : []), ...tables],
      unchecked,
    };
  } finally {
    await image.close();
  }
}

const step = 2 ** 20;

/** @returns whether the image has a CRC-32 of its data fork; many have none */
async function checkDataFork({ udif, source }: Image, signal: AbortSignal | undefined): Promise<boolean> {
  if (udif === undefined) return false;
  const { type, bits, data } = udif.koly.dataForkChecksum;
  if (type !== 2 || bits !== 32) return false;
  const start = Number(udif.koly.dataForkOffset);
  const end = start + Number(udif.koly.dataForkLength);
  let sum = 0;
  for (let at = start; at < end; at += step) {
    signal?.throwIfAborted();
    sum = addCrc32(await source.read(at, Math.min(step, end - at)), sum);
  }
  const expected = data[0] ?? 0;
  if (sum !== expected) {
    throw new FormatError(
      'udif',
      `the data fork has the CRC-32 ${showCrc32(sum)}, expected ${showCrc32(expected)}`,
      { offset: start },
    );
  }
  return true;
}
