import { blocksBehind } from '../blocks/in-use.ts';
import type { Contents } from './contents.ts';
import { blocksGained, planVolume } from './plan.ts';
import type { Model } from '../model/model.ts';

const smallest = 512 * 1024;

/**
 * The size in bytes of a volume that takes everything: the one it has, where that is enough; else so much more that all
 * that is new follows behind its old end.
 */
export function sizeNeeded(model: Model, contents: Contents): number {
  const { blockSize } = model.header;
  if (model.volume !== undefined && !('short' in planVolume(model, contents, model.size))) return model.size;
  // Apple's newfs_hfs makes none that are smaller.
  const least = model.volume === undefined ? Math.ceil(smallest / blockSize) : 0;
  // A larger volume has larger trees and a larger bitmap.
  for (let blocks = Math.max(model.totalBlocks, least); ;) {
    const needed =
      model.totalBlocks + blocksGained(model, contents, blocks * blockSize) + blocksBehind(blockSize);
    if (needed <= blocks) return blocks * blockSize;
    blocks = needed;
  }
}
