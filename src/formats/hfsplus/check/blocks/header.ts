import { FormatError, type ByteSource } from '../../../../base/index.ts';
import { reservedId } from '../../records.ts';
import {
  hfsPlusName,
  readVolumeHeader,
  volumeAttribute,
  volumeHeader,
  volumeHeaderOffset,
  type VolumeHeader,
} from '../../volume-header.ts';
import { alternateOffset } from './claims.ts';
import type { Findings } from '../findings.ts';

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
      found.fault('header', error.reason, { offset: place });
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

/** Whether a volume has the signature of HFS+ or HFSX in its header or in the alternate one. */
export async function isHfsPlus(volume: ByteSource): Promise<boolean> {
  if (volume.size < volumeHeaderOffset + volumeHeader.size) return false;
  for (const place of [volumeHeaderOffset, alternateOffset(volume.size)]) {
    if (place < volumeHeaderOffset) continue;
    const [high = 0, low = 0] = await volume.read(place, 2);
    if (hfsPlusName(high * 256 + low) !== undefined) return true;
  }
  return false;
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

/** Of files; those of the special ones grow with the volume, to a quarter of it (fsck_hfs accepts no more). */
const largestClump = 2 ** 20;
const specialFiles = [
  ['allocationFile', 112],
  ['extentsFile', 192],
  ['catalogFile', 272],
  ['attributesFile', 352],
] as const;

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
    found.fault(
      'header',
      `the next allocation, block ${header.nextAllocation}, is outside of the volume`,
      at(52),
    );
  const clump = (what: string, bytes: number, most: number, field: number): void => {
    if (bytes % blockSize !== 0 || bytes > Math.max(most, blockSize))
      found.fault(
        'header',
        `the clump size of ${what}, ${bytes}, is no multiple of ${blockSize} up to ${most}`,
        at(field),
      );
    else if (bytes === 0 && most === largestClump)
      found.fault('header', `the clump size of ${what} is 0`, at(field));
  };
  clump('resource forks', header.resourceClumpSize, largestClump, 56);
  clump('data forks', header.dataClumpSize, largestClump, 60);
  for (const [name, field] of specialFiles) clump(`its ${name}`, header[name].clumpSize, size / 4, field + 8);
  if (header.attributesFile.clumpSize === 0 && header.attributesFile.totalBlocks > 0)
    found.fault('header', 'the clump size of its attributesFile is 0', at(360));
  if (!journaled && header.journalInfoBlock !== 0)
    found.remark(
      'header',
      `it names block ${header.journalInfoBlock} for a journal, but the volume is not journaled`,
      at(12),
    );
  if (header.createDate === 0) found.remark('header', 'it has no date of its creation', at(16));
  // The one is in local time.
  else if (header.modifyDate + 86_400 < header.createDate)
    found.remark('header', 'it was changed before it was made', at(20));
}
