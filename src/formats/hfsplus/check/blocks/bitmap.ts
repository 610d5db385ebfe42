import type { ForkSource } from '../../fork.ts';
import { ownerName, type Claim, type Owner } from './claims.ts';
import type { CheckContext } from './context.ts';

const windowSize = 2 ** 18;
/** Runs that are told one by one. */
const mostRuns = 500;

/** Holds the map of used blocks against all that is claimed, and claims against one another. */
export async function checkBitmap(context: CheckContext, allocation: ForkSource): Promise<void> {
  const { header, found, claims } = context;
  const { totalBlocks } = header;
  const bits = new BitReader(allocation);
  if (allocation.size * 8 < totalBlocks) {
    found.fault('bitmap', `the allocation file has ${allocation.size} bytes for ${totalBlocks} blocks`, {
      offset: 1024 + 112,
    });
  }
  const end = Math.min(totalBlocks, allocation.size * 8);
  let runs = 0;
  let left = 0;
  const run = (from: number, to: number, owner: Owner | undefined): void => {
    if (++runs > mostRuns) {
      left += to - from;
      return;
    }
    const blocks = to - from === 1 ? `block ${from}` : `blocks ${from} to ${to - 1}`;
    const [are, belong] = to - from === 1 ? ['is', 'belongs'] : ['are', 'belong'];
    const where = { offset: from * header.blockSize };
    if (owner === undefined)
      found.fault('bitmap', `${blocks} ${are} marked as used and ${belong} to nothing`, where);
    else found.fault('bitmap', `${blocks} ${belong} to ${ownerName(owner)} and ${are} marked as free`, where);
  };
  let used = 0;
  const compare = async (from: number, to: number, owner: Owner | undefined): Promise<void> => {
    const wrong = owner === undefined;
    const set = await bits.runs(from, Math.min(to, end), wrong, (start, stop) => run(start, stop, owner));
    used += set;
  };
  let done = 0;
  let widest: Claim | undefined;
  for (const claim of claims.sorted()) {
    const stop = claim.startBlock + claim.blockCount;
    if (claim.startBlock < done && widest !== undefined) {
      const shared = Math.min(done, stop) - claim.startBlock;
      found.fault(
        'bitmap',
        `${shared} blocks from ${claim.startBlock} belong to ${ownerName(widest.owner)} and to ${ownerName(claim.owner)}`,
        {
          offset: claim.startBlock * header.blockSize,
          ...(typeof claim.owner === 'string' ? {} : { id: claim.owner.id }),
        },
      );
    } else if (claim.startBlock > done) await compare(done, claim.startBlock, undefined);
    if (stop > done) {
      await compare(Math.max(done, claim.startBlock), stop, claim.owner);
      done = stop;
      widest = claim;
    }
  }
  await compare(done, end, undefined);
  if (left > 0) found.fault('bitmap', `${left} more blocks are marked wrongly`);
  if (header.freeBlocks !== totalBlocks - used)
    found.fault(
      'header',
      `it counts ${header.freeBlocks} free blocks, and the bitmap has ${totalBlocks - used}`,
      { offset: 1024 + 48 },
    );
  const beyond = await bits.runs(end, allocation.size * 8, true, () => undefined);
  if (beyond > 0)
    found.fault('bitmap', `${beyond} blocks beyond the volume's ${totalBlocks} are marked as used`, {
      offset: allocation.at(0),
    });
}

class BitReader {
  readonly #source: ForkSource;
  #window: Uint8Array = new Uint8Array();
  #start = 0;

  constructor(source: ForkSource) {
    this.#source = source;
  }

  /** Calls back for every run of one value between two bits. @returns how many bits are set */
  async runs(
    from: number,
    to: number,
    value: boolean,
    onRun: (from: number, to: number) => void,
  ): Promise<number> {
    let set = 0;
    let start = -1;
    for (let bit = from; bit < to;) {
      const byte = await this.#byte(bit >> 3);
      // Whole bytes of one value are nearly all there is.
      const whole = bit % 8 === 0 && bit + 8 <= to && (byte === 0 || byte === 0xff);
      const step = whole ? 8 : 1;
      const on = (byte & (0x80 >> (bit % 8))) !== 0;
      if (on) set += step;
      if (on === value) {
        if (start < 0) start = bit;
      } else if (start >= 0) {
        onRun(start, bit);
        start = -1;
      }
      bit += step;
    }
    if (start >= 0) onRun(start, to);
    return set;
  }

  async #byte(index: number): Promise<number> {
    const inside = index - this.#start;
    if (inside >= 0 && inside < this.#window.length) return this.#window[inside] ?? 0;
    this.#start = index - (index % windowSize);
    this.#window = await this.#source.read(
      this.#start,
      Math.min(windowSize, this.#source.size - this.#start),
    );
    return this.#window[index - this.#start] ?? 0;
  }
}
