import { Failure, type ByteTarget } from '../../../../base/index.ts';
import { forkSource, type Extent } from '../../fork.ts';
import { reservedId } from '../../records.ts';
import {
  forkData,
  volumeAttribute,
  volumeHeader,
  volumeHeaderOffset,
  type VolumeHeader,
} from '../../volume-header.ts';
import { attributeRecords } from './attribute-records.ts';
import { blocksIn, clearBlocks, freeRuns, setBlocks, type Bitmap } from '../blocks/bitmap.ts';
import { catalogRecords, encodeFork, placedRecord } from './catalog-records.ts';
import { copyData, type Placement } from '../blocks/copy-data.ts';
import { extentRecords } from './extent-records.ts';
import { finishRecords } from '../model/finish.ts';
import { blocksBehind } from '../blocks/in-use.ts';
import type { Model, PendingFork } from '../model/model.ts';
import { contentsOf } from './contents.ts';
import type { LayoutPlan } from './draft.ts';
import { planVolume } from './plan.ts';
import { writeTree, type TreePlace } from './tree-writer.ts';
import { writeChanged, writeZeros } from '../blocks/zeros.ts';

export interface CommitOptions {
  /** Of the volume from now on, in bytes; what `sizeNeeded` says or more. */
  readonly size: number;
  /** Moves the files' data instead of this module; resolves when all are written. */
  readonly copy?: (placements: readonly Placement[]) => Promise<void>;
  /** In bytes of the files' data. */
  readonly onProgress?: (done: number, total: number) => void;
}

const idsReusedBit = 1 << 12;

/**
 * Writes what has been edited to a target that holds the volume as it was, or to an empty one for a new volume. Until the
 * end the volume's header says that it is inconsistent.
 * @throws Failure 'no-space' before anything is written when `size` is too small
 */
export async function commitVolume(model: Model, target: ByteTarget, options: CommitOptions): Promise<void> {
  const size = options.size - (options.size % 512);
  if (size < model.size)
    throw new Failure('no-space', `a volume of ${model.size} bytes cannot become smaller`);
  finishRecords(model);
  const plan = planVolume(model, contentsOf(model), size);
  if ('short' in plan)
    throw new Failure(
      'no-space',
      `a volume of ${size} bytes has ${plan.short * model.header.blockSize} bytes too few for what is to be in it`,
    );
  await begin(model, target);
  // Where it is moved away from may get something else.
  if (model.volume !== undefined && model.size !== size) await writeZeros(target, model.size - 1024, 512);
  // Trees come before files, as they lie: what a target has not reached yet needs no zeros.
  await writeTrees(model, plan, target);
  await writeFiles(model, plan, target, options);
  const inUse = await writeBitmap(model, plan, target);
  const header = volumeHeader.encode(finalHeader(model, plan, inUse));
  // The last 512 bytes are reserved; with them the target has its size.
  await target.write(size - 1024, Buffer.concat([header, new Uint8Array(512)]));
  await target.write(volumeHeaderOffset, header);
}

/** Replays the journal and says that the volume is being changed. */
async function begin({ volume, header }: Model, target: ByteTarget): Promise<void> {
  if (volume === undefined) {
    await writeZeros(target, 0, volumeHeaderOffset + volumeHeader.size);
    return;
  }
  const { journal } = volume;
  if (journal !== undefined) {
    for (const [offset, sector] of journal.pending) await target.write(offset, sector);
  }
  const { unmounted, inconsistent } = volumeAttribute;
  const attributes = ((header.attributes & ~unmounted) | inconsistent) >>> 0;
  await target.write(volumeHeaderOffset, volumeHeader.encode({ ...header, attributes }));
  if (journal !== undefined) await target.write(journal.offset, journal.emptied);
}

async function writeFiles(
  model: Model,
  plan: LayoutPlan,
  target: ByteTarget,
  { copy, onProgress }: CommitOptions,
): Promise<void> {
  const { blockSize } = model.header;
  const placements: Placement[] = [];
  let total = 0;
  for (const [{ source }, extents] of plan.places) {
    let done = 0;
    for (const { startBlock, blockCount } of extents) {
      const length = Math.min(blockCount * blockSize, source.size - done);
      placements.push({ offset: startBlock * blockSize, source, from: done, length });
      done += length;
    }
    total += source.size;
  }
  placements.sort((a, b) => a.offset - b.offset);
  if (copy !== undefined) {
    await copy(placements);
    return;
  }
  let copied = 0;
  await copyData(target, placements, blockSize, (bytes) => onProgress?.((copied += bytes), total));
}

async function writeTrees(model: Model, plan: LayoutPlan, target: ByteTarget): Promise<void> {
  const { blockSize } = model.header;
  const placeOf = (fork: PendingFork): readonly Extent[] => plan.places.get(fork) ?? [];
  const { trees } = plan;
  await writeTree(target, trees.extents, extentRecords(plan.overflow), blockSize);
  const records = catalogRecords(plan.order, (item) => placedRecord(item, placeOf));
  await writeTree(target, trees.catalog, records, blockSize);
  if (trees.attributes.totalNodes > 0)
    await writeTree(target, trees.attributes, attributeRecords(model.attributes, placeOf), blockSize);
}

async function writeBitmap(model: Model, plan: LayoutPlan, target: ByteTarget): Promise<Bitmap> {
  const { blockSize } = model.header;
  const { totalBlocks } = plan;
  const bytes = new Uint8Array(blocksIn(plan.bitmapExtents) * blockSize);
  bytes.set(model.inUse);
  const behind = blocksBehind(blockSize);
  if (model.volume !== undefined)
    clearBlocks(bytes, { startBlock: model.totalBlocks - behind, blockCount: behind });
  for (const run of plan.freed) clearBlocks(bytes, run);
  for (const run of plan.taken) setBlocks(bytes, run);
  setBlocks(bytes, { startBlock: totalBlocks - behind, blockCount: behind });
  const pieces = forkSource(target, plan.bitmapExtents, bytes.length, blockSize).pieces(0, bytes.length);
  let done = 0;
  for (const { start, length } of pieces) {
    await writeChanged(target, start, bytes.subarray(done, done + length));
    done += length;
  }
  return bytes;
}

function finalHeader(model: Model, plan: LayoutPlan, inUse: Bitmap): VolumeHeader {
  const { header } = model;
  const { blockSize } = header;
  const { totalBlocks } = plan;
  let folders = -1;
  for (const item of model.items.values()) if (item.kind === 'folder') folders++;
  const tree = (place: TreePlace): typeof header.catalogFile => {
    const { nodeSize, clumpSize } = place.header;
    return forkData.decode(encodeFork(place.totalNodes * nodeSize, place.extents, clumpSize));
  };
  const bitmapBytes = blocksIn(plan.bitmapExtents) * blockSize;
  const lastTaken = plan.taken.at(-1);
  const next = lastTaken === undefined ? header.nextAllocation : lastTaken.startBlock + lastTaken.blockCount;
  return {
    ...header,
    attributes:
      (header.attributes |
        volumeAttribute.unmounted |
        (model.idsReused || model.nextId > 0xffffffff ? idsReusedBit : 0)) >>>
      0,
    modifyDate: model.now,
    fileCount: model.items.size - 1 - folders,
    folderCount: folders,
    totalBlocks,
    freeBlocks: blocksIn(freeRuns(inUse, totalBlocks)),
    nextAllocation: next < totalBlocks ? next : 0,
    nextCatalogId: model.nextId > 0xffffffff ? reservedId.firstUser : model.nextId,
    writeCount: (header.writeCount + 1) >>> 0,
    encodings: model.encodings,
    finderInfo: model.finderInfo.map((value) => {
      if (typeof value === 'number') return value;
      return model.items.get(value.id) === value ? value.id : 0;
    }),
    allocationFile: forkData.decode(
      encodeFork(bitmapBytes, plan.bitmapExtents, header.allocationFile.clumpSize || bitmapBytes),
    ),
    extentsFile: tree(plan.trees.extents),
    catalogFile: tree(plan.trees.catalog),
    attributesFile: tree(plan.trees.attributes),
  };
}
