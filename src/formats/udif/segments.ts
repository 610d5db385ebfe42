import { FormatError, type ByteSource } from '../../base/index.ts';
import { concat, memorySource, slice } from '../source/index.ts';
import { koly, kolySignature, type Koly } from './koly.ts';

/** One file of an image that was cut into several (hdiutil segment): NAME.dmg, NAME.002.dmgpart … */
export interface Segment {
  readonly source: ByteSource;
  readonly koly: Koly;
}

/** The trailer of a segment; undefined of a file that has no trailer, or is the only segment. */
export async function readSegment(source: ByteSource): Promise<Segment | undefined> {
  if (source.size < koly.size) return undefined;
  const at = source.size - koly.size;
  const trailer = koly.decode(await source.read(at, koly.size), 0, at);
  if (trailer.signature !== kolySignature || trailer.version !== 4 || trailer.headerSize !== koly.size)
    return undefined;
  return trailer.segmentCount > 1 ? { source, koly: trailer } : undefined;
}

/** Do two segments belong to one image? */
export function isKin(a: Segment, b: Segment): boolean {
  return (
    a.koly.segmentCount === b.koly.segmentCount && Buffer.compare(a.koly.segmentId, b.koly.segmentId) === 0
  );
}

/**
 * The segments of an image as the one file it was cut from: their data forks one after another, the property list of
 * the one that has it, and a trailer. Each segment's checksum is of its own data fork, so that the whole has none.
 * @param segments all of them, in any order
 * @throws FormatError when one is damaged, twice, or does not follow the one before
 */
export function joinSegments(segments: readonly Segment[]): ByteSource {
  const sorted = segments.toSorted((a, b) => a.koly.segmentNumber - b.koly.segmentNumber);
  const forks: ByteSource[] = [];
  let length = 0;
  let first: Segment | undefined;
  for (const [index, { source, koly: trailer }] of sorted.entries()) {
    const at = source.size - koly.size;
    const fail = (message: string, field: number): never => {
      throw new FormatError('udif', `segment ${trailer.segmentNumber}: ${message}`, { offset: at + field });
    };
    if (trailer.segmentNumber !== index + 1) fail(`it is not segment ${index + 1}`, 56);
    const { dataForkOffset, dataForkLength, runningDataForkOffset } = trailer;
    if (dataForkOffset + dataForkLength > BigInt(at)) fail('its data extend beyond the end of its file', 24);
    if (runningDataForkOffset !== BigInt(length))
      fail(`its data begin at ${runningDataForkOffset} and those before it end at ${length}`, 16);
    forks.push(slice(source, Number(dataForkOffset), Number(dataForkLength)));
    length += Number(dataForkLength);
    if (trailer.plistLength === 0n) continue;
    if (trailer.plistOffset + trailer.plistLength > BigInt(at))
      fail('its property list is not inside its file', 216);
    first ??= sorted[index];
  }
  if (first === undefined)
    throw new FormatError('udif', 'none of its segments has a property list with block tables');
  const { source, koly: trailer } = first;
  const plist = slice(source, Number(trailer.plistOffset), Number(trailer.plistLength));
  const whole = koly.encode({
    ...trailer,
    runningDataForkOffset: 0n,
    dataForkOffset: 0n,
    dataForkLength: BigInt(length),
    segmentNumber: 1,
    segmentCount: 1,
    plistOffset: BigInt(length),
    dataForkChecksum: { type: 0, bits: 0, data: Array<number>(32).fill(0) },
  });
  return concat([...forks, plist, memorySource(whole)]);
}
