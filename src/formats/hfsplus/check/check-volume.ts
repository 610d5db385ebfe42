import { FormatError, type ByteSource } from '../../../base/index.ts';
import { decmpfsName } from '../compressed.ts';
import type { ForkSource } from '../fork.ts';
import { reservedId } from '../records.ts';
import { readVolumeHeader, volumeHeaderOffset, type ForkData } from '../volume-header.ts';
import { checkAlternate } from './blocks/alternate.ts';
import { checkAttributes } from './records/attributes.ts';
import { checkBitmap } from './blocks/bitmap.ts';
import { checkCatalog } from './records/catalog.ts';
import { claimReserved, Claims } from './blocks/claims.ts';
import { checkCompression, checkCompressionFlags } from './records/compression.ts';
import type { CheckContext } from './blocks/context.ts';
import type { CheckedCatalog } from './records/entry.ts';
import { Findings, type Area, type Finding } from './findings.ts';
import { checkFork } from './blocks/fork.ts';
import { checkHeader, readEitherHeader } from './blocks/header.ts';
import { checkHierarchy } from './records/hierarchy.ts';
import { checkJournal } from './blocks/journal.ts';
import { checkLinks, firstLinkAttribute } from './records/links.ts';
import { checkLeftGroups, OverflowGroups, readGroups } from './blocks/overflow.ts';
import { checkReferences } from './records/references.ts';

export interface CheckReport {
  /** Some thousands at the most, faults and remarks as they were found. */
  readonly findings: readonly Finding[];
  /** How many there are. */
  readonly faults: number;
  readonly remarks: number;
  readonly files: number;
  readonly folders: number;
}

/**
 * Checks all that holds an HFS+ or HFSX volume together: both headers, journal, B-trees, catalog, attributes, extents,
 * hard links, compressed files and the bitmap. Files' data are not looked at. A dirty journal is replayed first, in
 * memory. Bad bytes are findings.
 * @throws FormatError when neither header has the signature: it is no HFS+ volume
 */
export async function checkVolume(volume: ByteSource): Promise<CheckReport> {
  const found = new Findings();
  const before = await readEitherHeader(volume, found);
  let counts = { files: 0, folders: 0 };
  if (before !== undefined) {
    const source = await checkJournal(volume, before, found);
    const header = (await readVolumeHeader(source).catch(() => undefined)) ?? before;
    checkHeader(volume, header, found);
    await readable(found, 'header', () => checkAlternate(source, header, found));
    const context = {
      source,
      header,
      found,
      claims: new Claims(),
      overflow: new OverflowGroups(),
      encodings: new Set<number>(),
    };
    claimReserved(context.claims, header);
    counts = await checkContents(context);
  }
  const { list, faults, remarks } = found;
  return { findings: list, faults, remarks, ...counts };
}

async function checkContents(context: CheckContext): Promise<{ files: number; folders: number }> {
  const { header, found, claims, overflow } = context;
  const special = (name: string, fork: ForkData, id: number | undefined, field: number): ForkSource =>
    checkFork(context, fork, {
      area: 'header',
      owner: `the ${name} file`,
      at: volumeHeaderOffset + field,
      id,
      fork: 'data',
    });
  const extents = special('extents', header.extentsFile, undefined, 192);
  await readable(found, 'extents', () => readGroups(extents, overflow, found));
  const catalogFile = special('catalog', header.catalogFile, reservedId.catalog, 272);
  const attributesFile = special('attributes', header.attributesFile, reservedId.attributes, 352);
  const allocation = special('allocation', header.allocationFile, reservedId.allocation, 112);
  special('startup', header.startupFile, reservedId.startup, 432);

  const catalog: CheckedCatalog = { entries: new Map(), files: 0, folders: 0 };
  await readable(found, 'catalog', () => checkCatalog(context, catalogFile, catalog));
  if (catalogFile.size === 0)
    found.fault('catalog', 'the volume has no catalog', { offset: volumeHeaderOffset + 272 });
  checkHierarchy(context, catalog);
  checkReferences(context, catalog);

  const firstLinks = new Map<number, number>();
  await readable(found, 'attributes', async () => {
    for await (const { id, name, data, at } of checkAttributes(context, catalog, attributesFile)) {
      const entry = catalog.entries.get(id);
      if (name === firstLinkAttribute && data.size <= 16)
        firstLinks.set(id, parseInt(Buffer.from(await data.read(0, data.size)).toString('latin1'), 10));
      if (name === decmpfsName && entry !== undefined) await checkCompression(context, entry, data, at);
    }
  });
  checkCompressionFlags(context, catalog);
  checkLinks(context, catalog, firstLinks);
  checkLeftGroups(overflow, claims, found);
  await readable(found, 'bitmap', () => checkBitmap(context, allocation));
  const { files, folders } = catalog;
  return { files, folders };
}

/** A part of the volume that the source cannot give, being damaged itself, is a fault as well. */
async function readable(found: Findings, area: Area, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    found.fault(area, error.reason, error.offset === undefined ? {} : { offset: error.offset });
  }
}
