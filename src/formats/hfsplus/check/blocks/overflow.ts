import type { Extent, ForkSource } from '../../fork.ts';
import { extentGroup, overflowKey, type ForkKind } from '../../overflow.ts';
import { reservedId } from '../../records.ts';
import type { Claims } from './claims.ts';
import type { Findings } from '../findings.ts';
import { extentRules } from '../trees/keys.ts';
import { checkTree } from '../trees/tree.ts';

/** A record of the extents overflow file: up to eight extents. */
export interface ExtentGroup {
  readonly id: number;
  readonly fork: ForkKind;
  readonly start: number;
  readonly extents: readonly Extent[];
  /** Where it lies in the volume. */
  readonly at: number;
}

/** The records of the extents overflow file, until the fork that they belong to takes them. */
export class OverflowGroups {
  readonly #groups = new Map<string, ExtentGroup[]>();

  add(group: ExtentGroup): void {
    const key = overflowKey(group.id, group.fork);
    const list = this.#groups.get(key);
    if (list === undefined) this.#groups.set(key, [group]);
    else list.push(group);
  }

  take(id: number, fork: ForkKind): readonly ExtentGroup[] {
    const key = overflowKey(id, fork);
    const list = this.#groups.get(key) ?? [];
    this.#groups.delete(key);
    return list;
  }

  has(id: number, fork: ForkKind): boolean {
    return this.#groups.size > 0 && this.#groups.has(overflowKey(id, fork));
  }

  *left(): Generator<ExtentGroup> {
    for (const list of this.#groups.values()) yield* list;
  }
}

/** Reads the extents overflow file. */
export async function readGroups(fork: ForkSource, groups: OverflowGroups, found: Findings): Promise<void> {
  for await (const { key, data, at } of checkTree(fork, extentRules, found)) {
    if (data.length !== extentGroup.size) {
      found.fault(
        'extents',
        `a record of ${extentRules.show(key)} has ${data.length} bytes instead of ${extentGroup.size}`,
        {
          offset: at,
        },
      );
      continue;
    }
    const all = extentGroup.read(new DataView(data.buffer, data.byteOffset, data.length), 0);
    const end = all.findIndex(({ blockCount }) => blockCount === 0);
    const extents = end < 0 ? all : all.slice(0, end);
    if (extents.length === 0)
      found.fault('extents', `a record of ${extentRules.show(key)} is empty`, { offset: at });
    groups.add({ ...key, extents, at });
  }
}

/** What no fork has taken: bad blocks, or nobody's. */
export function checkLeftGroups(groups: OverflowGroups, claims: Claims, found: Findings): void {
  for (const { id, fork, start, extents, at } of groups.left()) {
    const bad = id === reservedId.badBlocks;
    if (!bad) {
      found.fault(
        'extents',
        `a record is of the ${fork} fork of ${id} from its block ${start}, and there is no such file`,
        {
          offset: at,
          id,
        },
      );
    }
    for (const extent of extents)
      claims.add(extent, bad ? 'the bad blocks' : `the lost ${fork} fork of ${id}`);
  }
}
