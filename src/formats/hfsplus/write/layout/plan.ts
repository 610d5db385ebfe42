import { Failure } from '../../../../base/index.ts';
import { allocator } from '../blocks/allocator.ts';
import { blocksIn, freeRuns } from '../blocks/bitmap.ts';
import type { Contents } from './contents.ts';
import { draftPlan, type LayoutPlan, type Shortage } from './draft.ts';
import { blocksBehind } from '../blocks/in-use.ts';
import type { Model } from '../model/model.ts';
import { roomOf } from '../blocks/room.ts';

/** Blocks are counted in 32 bits. */
const mostBlocks = 0xffffffff;

/**
 * Finds a place for everything in a volume of `size` bytes; nothing is written.
 * @throws Failure 'too-large' when there would be more blocks than can be counted
 */
export function planVolume(model: Model, contents: Contents, size: number): LayoutPlan | Shortage {
  const generous = planOnce(model, contents, { size, generous: true });
  return 'short' in generous ? planOnce(model, contents, { size, generous: false }) : generous;
}

/** How many blocks more a volume of `size` bytes would have to have than before if nothing went where it was free. */
export function blocksGained(model: Model, contents: Contents, size: number): number {
  const plan = planOnce(model, contents, { size, generous: true, unlimited: true });
  if ('short' in plan) throw new Failure('too-large', 'more than 2^32 blocks would be needed');
  return blocksIn(plan.taken);
}

interface Want {
  readonly size: number;
  /** Trees that have to grow get room for more than they need now, as Apple's do. */
  readonly generous: boolean;
  /** All goes behind the volume's old end, as if there were no new one. */
  readonly unlimited?: boolean;
}

function planOnce(model: Model, contents: Contents, want: Want): LayoutPlan | Shortage {
  const { size, generous, unlimited = false } = want;
  const { blockSize } = model.header;
  const totalBlocks = Math.floor(size / blockSize);
  if (totalBlocks > mostBlocks)
    throw new Failure('too-large', `a volume of ${size} bytes has more than 2^32 blocks of ${blockSize}`, {
      hint: 'larger blocks make larger volumes',
    });
  const gained = Math.max(0, totalBlocks - blocksBehind(blockSize) - model.totalBlocks);
  const tail = { startBlock: model.totalBlocks, blockCount: unlimited ? mostBlocks : gained };
  const runs = unlimited ? [] : freeRuns(model.inUse, model.totalBlocks);

  // The extents file's own size depends on how much is in pieces, which depends on the room it leaves.
  for (let extentNodes = 0; ;) {
    const room = roomOf(allocator(runs, tail));
    const plan = draftPlan(model, contents, { size, totalBlocks, generous, extentNodes }, room);
    if ('short' in plan) return plan;
    const needed = plan.trees.extents.layout.nodes;
    if (needed <= extentNodes) return plan;
    extentNodes = needed;
  }
}
