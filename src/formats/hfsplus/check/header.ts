import { FormatError, type ByteSource } from '../../../base/index.ts';
import { reservedId } from '../records.ts';
import {
  hfsPlusName,
  readVolumeHeader,
  volumeAttribute,
  volumeHeader,
  volumeHeaderOffset,
  type VolumeHeader,
} from '../volume-header.ts';
import { alternateOffset } from './claims.ts';
import type { Findings } from './findings.ts';

/**
 * Reads the header, or where it cannot be used the alternate one.
 * @returns undefined when neither can be used
 * @throws FormatError when neither has the signature: it is no HFS+ volume
 */
export async function readEitherHeader(
  volume: ByteSource,
  found: Findings,
): Promise<VolumeHeader | undefined> {
  const places = [volumeHeaderOffset, alternateOffset(volume.size)];
  for (const place of places) {
    const header = await headerAt(volume, place).catch((error: unknown) => {
      if (!(error instanceof FormatError)) throw error;
      found.fault('header', error.message, { offset: place });
      return undefined;
    });
    if (header === undefined) continue;
    if (place !== volumeHeaderOffset && found.faults === 0)
      found.fault('header', 'the volume header has no signature; the alternate one has', {
        offset: volumeHeaderOffset,
      });
    return header;
  }
  if (found.faults === 0)
    throw new FormatError('hfsplus', 'not an HFS+ volume', { offset: volumeHeaderOffset });
  return undefined;
}

/** A header at a place other than the usual. */
function headerAt(volume: ByteSource, place: number): Promise<VolumeHeader | undefined> {
  if (place < volumeHeaderOffset) return Promise.resolve(undefined);
  const shift = place - volumeHeaderOffset;
  return readVolumeHeader({
    size: volume.size,
    read: (offset, length) => volume.read(offset + (offset >= volumeHeaderOffset ? shift : 0), length),
  });
}

/** Checks the header's numbers, as far as they say something without the rest of the volume. */
export function checkHeader(volume: ByteSource, header: VolumeHeader, found: Findings): void {
  const at = (field: number): { offset: number } => ({ offset: volumeHeaderOffset + field });
  const { attributes, blockSize, totalBlocks } = header;
  const journaled = (attributes & volumeAttribute.journaled) !== 0;
  if ((attributes & volumeAttribute.inconsistent) !== 0)
    found.fault('header', 'the volume is marked as inconsistent', at(4));
  if ((attributes & volumeAttribute.unmounted) === 0) {
    const what = 'the volume is not marked as unmounted';
    // A journal makes up for it.
    if (journaled) found.remark('header', what, at(4));
    else found.fault('header', what, at(4));
  }
  const size = totalBlocks * blockSize;
  if (volume.size - size >= Math.max(blockSize, 1024))
    found.fault(
      'header',
      `it counts ${totalBlocks} blocks of ${blockSize} bytes, ${size} in all, and the volume has ${volume.size}`,
      at(44),
    );
  if (header.nextCatalogId < reservedId.firstUser)
    found.fault('header', `the next catalog id ${header.nextCatalogId} is reserved`, at(64));
  if (header.nextAllocation >= totalBlocks)
    found.remark(
      'header',
      `the next allocation, block ${header.nextAllocation}, is outside of the volume`,
      at(52),
    );
  for (const [name, clump, field] of [
    ['resource', header.resourceClumpSize, 56],
    ['data', header.dataClumpSize, 60],
  ] as const) {
    if (clump % blockSize !== 0)
      found.remark(
        'header',
        `the ${name} clump size ${clump} is no multiple of the block size ${blockSize}`,
        at(field),
      );
  }
  if (!journaled && header.journalInfoBlock !== 0)
    found.remark('header', `it names block ${header.journalInfoBlock} for a journal and has none`, at(12));
  if (header.createDate === 0) found.remark('header', 'it has no date of its creation', at(16));
  // The one is in local time.
  else if (header.modifyDate + 86_400 < header.createDate)
    found.remark('header', 'it was changed before it was made', at(20));
}

/** What both headers have in common for as long as the volume is not grown or its special files are not. */
const lasting = ['signature', 'version', 'blockSize', 'totalBlocks', 'createDate'] as const;
const forks = ['allocationFile', 'extentsFile', 'catalogFile', 'attributesFile', 'startupFile'] as const;
/** What is brought up to date in the header alone, between times. */
const passing = [
  'attributes',
  'journalInfoBlock',
  'fileCount',
  'folderCount',
  'freeBlocks',
  'nextCatalogId',
] as const;

/** Checks the alternate header against the header. */
export async function checkAlternate(
  volume: ByteSource,
  header: VolumeHeader,
  found: Findings,
): Promise<void> {
  const expected = alternateOffset(volume.size);
  const own = header.totalBlocks * header.blockSize - 1024;
  const read = async (offset: number): Promise<VolumeHeader | undefined> => {
    if (offset < volumeHeaderOffset + volumeHeader.size) return undefined;
    const other = volumeHeader.decode(await volume.read(offset, volumeHeader.size), 0, offset);
    return hfsPlusName(other.signature) === undefined ? undefined : other;
  };
  let offset = expected;
  let alternate = await read(offset);
  if (alternate === undefined && own !== expected) {
    alternate = await read((offset = own));
    if (alternate !== undefined)
      found.fault(
        'header',
        `the alternate header is at ${own} instead of 1024 bytes before the end, ${expected}`,
        { offset: own },
      );
  }
  if (alternate === undefined) {
    found.fault('header', 'the alternate header is missing', { offset: expected });
    return;
  }
  for (const name of lasting) {
    if (alternate[name] !== header[name])
      found.fault(
        'header',
        `the alternate header's ${name} is ${alternate[name]} instead of ${header[name]}`,
        { offset },
      );
  }
  for (const name of forks) {
    if (!sameFork(alternate[name], header[name]))
      found.fault('header', `the alternate header has another ${name}`, { offset });
  }
  const old = passing.filter((name) => alternate[name] !== header[name]);
  if (old.length > 0)
    found.remark('header', `the alternate header has an earlier ${old.join(', ')}`, { offset });
}

function sameFork(a: VolumeHeader['catalogFile'], b: VolumeHeader['catalogFile']): boolean {
  return (
    a.logicalSize === b.logicalSize &&
    a.totalBlocks === b.totalBlocks &&
    a.extents.every((extent, index) => {
      const other = b.extents[index];
      return extent.startBlock === other?.startBlock && extent.blockCount === other.blockCount;
    })
  );
}
