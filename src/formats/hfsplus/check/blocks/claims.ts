import type { Extent } from '../../fork.ts';
import type { ForkKind } from '../../overflow.ts';
import type { VolumeHeader } from '../../volume-header.ts';

/** A run of blocks and whose it is. */
export interface Claim extends Extent {
  readonly owner: Owner;
}

/** A file's fork by its kind and the file's id; anything else by its name. Millions of them are kept. */
export type Owner = string | { readonly fork: ForkKind; readonly id: number };

/** An owner's name in a finding. */
export function ownerName(owner: Owner): string {
  return typeof owner === 'string' ? owner : `the ${owner.fork} fork of file ${owner.id}`;
}

/** Every block that something says to be its own. */
export class Claims {
  readonly #list: Claim[] = [];

  add({ startBlock, blockCount }: Extent, owner: Owner): void {
    if (blockCount > 0) this.#list.push({ startBlock, blockCount, owner });
  }

  /** In the order of the volume. */
  sorted(): readonly Claim[] {
    return this.#list.sort((a, b) => a.startBlock - b.startBlock || a.blockCount - b.blockCount);
  }
}

/**
 * The blocks that hold the first 1536 bytes of a volume, its header the last of them, and the last 1024, which the
 * alternate header begins (TN1150, "Volume Header").
 */
export function claimReserved(claims: Claims, header: VolumeHeader): void {
  const { blockSize, totalBlocks } = header;
  const first = Math.min(totalBlocks, Math.ceil(1536 / blockSize));
  claims.add({ startBlock: 0, blockCount: first }, 'the volume header');
  // The last blocks are, even where the volume ends so far behind them that the header is in none.
  const last = Math.max(first, totalBlocks - Math.ceil(1024 / blockSize));
  if (last < totalBlocks)
    claims.add({ startBlock: last, blockCount: totalBlocks - last }, 'the alternate volume header');
}

/** Where the alternate header lies in a volume of so many bytes. */
export function alternateOffset(volumeSize: number): number {
  return volumeSize - (volumeSize % 512) - 1024;
}
