import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FormatError, type ByteSource } from '../../../base/index.ts';
import { isKin, joinSegments, koly, readSegment, type Segment } from '../../../formats/udif/index.ts';
import { openFile, type FileSource } from './file-source.ts';

/** The image that a file is a segment of. */
export interface Joined {
  readonly source: ByteSource;
  readonly count: number;
  readonly close: () => Promise<void>;
}

/** In the trailer, in bytes. */
const segmentCountAt = 60;

/** NAME.dmg, NAME.002.dmgpart … : their common part. */
function stemOf(path: string): string {
  return basename(path).replace(/(\.\d+)?\.dmgpart$|\.dmg$/i, '');
}

/**
 * Finds the other segments of an image beside one of them, by their common identifier, and joins them.
 * @returns undefined when the file is not one of several
 * @throws FormatError that names the first one that is missing, or when they do not follow one another
 */
export async function openSegments(file: FileSource): Promise<Joined | undefined> {
  const one = await readSegment(file);
  if (one === undefined) return undefined;
  const folder = dirname(file.path);
  const names = (await readdir(folder)).filter(
    (name) => /\.(dmg|dmgpart)$/i.test(name) && stemOf(name) === stemOf(file.path),
  );
  const others: FileSource[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(others.map((each) => each.close()));
  };
  try {
    const found = new Map<number, Segment>([[one.koly.segmentNumber, one]]);
    for (const name of names.sort()) {
      if (name === basename(file.path)) continue;
      const other = await openFile(join(folder, name));
      others.push(other);
      const segment = await readSegment(other);
      if (segment !== undefined && isKin(one, segment) && !found.has(segment.koly.segmentNumber))
        found.set(segment.koly.segmentNumber, segment);
    }
    const { segmentCount: count } = one.koly;
    const missing = firstMissing(found, count);
    if (missing !== undefined)
      throw new FormatError(
        'udif',
        `${basename(file.path)} is segment ${one.koly.segmentNumber} of ${count}, and segment ${missing} is not beside it: all lie in one folder, as ${stemOf(file.path)}.dmg, ${stemOf(file.path)}.002.dmgpart …`,
        { offset: file.size - koly.size + segmentCountAt },
      );
    return { source: joinSegments([...found.values()]), count, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function firstMissing(found: ReadonlyMap<number, Segment>, count: number): number | undefined {
  for (let number = 1; number <= count; number++) if (!found.has(number)) return number;
  return undefined;
}
