import { forkSource, type Extent, type ForkSource } from '../../fork.ts';
import type { ForkKind } from '../../overflow.ts';
import type { ForkData } from '../../volume-header.ts';
import { ownerName, type Owner } from './claims.ts';
import type { CheckContext } from './context.ts';
import type { Area } from '../findings.ts';

export interface ForkOwner {
  readonly area: Area;
  readonly owner: Owner;
  /** Where the fork's description lies in the volume. */
  readonly at: number;
  /** Under which the extents overflow file knows it; undefined when it cannot be there. */
  readonly id: number | undefined;
  readonly fork: ForkKind;
}

/**
 * Checks a fork's numbers, claims its blocks and takes its records out of the extents overflow file.
 * @param more extents that continue it, when the overflow file does not
 * @returns its bytes as far as they can be read
 */
export function checkFork(
  context: CheckContext,
  fork: ForkData,
  { area, owner, at, id, fork: kind }: ForkOwner,
  more: readonly Extent[] = [],
): ForkSource {
  const { header, source, claims, found, overflow } = context;
  const fault = (what: string): void =>
    found.fault(area, `${ownerName(owner)} ${what}`, { offset: at, ...(id === undefined ? {} : { id }) });
  const usable: Extent[] = [];
  let blocks = 0;
  let sound = true;
  const take = ({ startBlock, blockCount }: Extent): void => {
    blocks += blockCount;
    if (startBlock + blockCount > header.totalBlocks) {
      fault(
        `has blocks ${startBlock} to ${startBlock + blockCount - 1}, beyond the volume's ${header.totalBlocks}`,
      );
      sound = false;
      return;
    }
    if (sound) usable.push({ startBlock, blockCount });
    claims.add({ startBlock, blockCount }, owner);
  };
  const used = fork.extents.findIndex(({ blockCount }) => blockCount === 0);
  const count = used < 0 ? fork.extents.length : used;
  fork.extents.slice(0, count).forEach(take);
  if (fork.extents.slice(count).some(({ startBlock, blockCount }) => startBlock !== 0 || blockCount !== 0))
    fault('has an extent behind an empty one');
  more.forEach(take);
  if (id !== undefined) {
    for (const group of overflow.take(id, kind)) {
      if (count < fork.extents.length || group.start !== blocks)
        found.fault(
          'extents',
          `a record continues ${ownerName(owner)} at its block ${group.start}, and ${blocks} are known before it`,
          {
            offset: group.at,
            id,
          },
        );
      group.extents.forEach(take);
    }
  }
  if (blocks !== fork.totalBlocks)
    fault(`has ${blocks} blocks in its extents and ${fork.totalBlocks} by its count`);
  const room = usable.reduce((sum, { blockCount }) => sum + blockCount, 0) * header.blockSize;
  if (fork.logicalSize > BigInt(fork.totalBlocks) * BigInt(header.blockSize))
    fault(`has ${fork.logicalSize} bytes, more than its ${fork.totalBlocks} blocks hold`);
  const size = fork.logicalSize > BigInt(room) ? room : Number(fork.logicalSize);
  return forkSource(source, usable, size, header.blockSize);
}
