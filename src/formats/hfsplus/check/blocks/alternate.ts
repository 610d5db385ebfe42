import type { ByteSource } from '../../../../base/index.ts';
import { hfsPlusName, volumeHeader, volumeHeaderOffset, type VolumeHeader } from '../../volume-header.ts';
import { alternateOffset } from './claims.ts';
import type { Findings } from '../findings.ts';

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
