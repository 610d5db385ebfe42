import type { ForkSource } from '../../fork.ts';
import type { Findings } from '../findings.ts';
import type { TreeRules } from './keys.ts';
import type { CheckedRecord } from './node.ts';
import { checkTreeHeader } from './tree-header.ts';
import { checkIndex } from './tree-index.ts';
import { compareTreeMap, readTreeMap } from './tree-map.ts';
import { checkBounds, TreeWalk, type Pointer } from './tree-walk.ts';

/**
 * Checks all of a B-tree and gives the records of its leaves: in the order of the leaves' links, then of those leaves
 * that only the index knows.
 */
export async function* checkTree<K>(
  fork: ForkSource,
  rules: TreeRules<K>,
  found: Findings,
): AsyncGenerator<CheckedRecord<K>> {
  if (fork.size === 0) return;
  const opened = await checkTreeHeader(fork, rules, found);
  if (opened === undefined) return;
  const { header } = opened;
  const walk = new TreeWalk(fork, opened, rules, found);
  const map = await readTreeMap(walk, opened);
  const pointers = await checkIndex(walk, header);
  let records = 0;
  for await (const node of leaves(walk, header.firstLeafNode, header.lastLeafNode, pointers)) {
    records += node.length;
    yield* node;
  }
  if (header.leafRecords !== records)
    walk.headerFault(`counts ${header.leafRecords} records and has ${records}`, 6);
  await compareTreeMap(walk, opened, map);
}

/** @param pointers what the index knows of the leaves */
async function* leaves<K>(
  walk: TreeWalk<K>,
  first: number,
  last: number,
  pointers: readonly Pointer<K>[],
): AsyncGenerator<readonly CheckedRecord<K>[]> {
  const known = new Map(pointers.map((pointer, index) => [pointer.number, { pointer, index }]));
  let before = 0;
  let lastKey: K | undefined;
  let place = 0;
  for (let number = first; number !== 0;) {
    if (!walk.reach(number, before === 0 ? `the ${walk.rules.area} file's header` : `leaf ${before}`)) break;
    const node = await walk.read(number, 'leaf', 1);
    if (node.previous !== before)
      walk.fault(
        `node ${number}: it names ${node.previous} as the leaf before it instead of ${before}`,
        number,
      );
    const entry = known.get(number);
    if (entry === undefined) walk.fault(`node ${number}: no index record leads to this leaf`, number);
    else if (entry.index !== place)
      walk.fault(`node ${number}: it is leaf ${place} by the links and ${entry.index} by the index`, number);
    lastKey = checkBounds(walk, node, entry?.pointer, lastKey);
    yield node.records;
    place = (entry?.index ?? place - 1) + 1;
    before = number;
    number = node.next;
  }
  if (last !== before) walk.headerFault(`names ${last} as its last leaf, and it is ${before}`, 14);
  for (const { number } of pointers) {
    if (walk.reached.has(number)) continue;
    walk.reached.add(number);
    walk.fault(`node ${number}: no link leads to this leaf`, number);
    yield (await walk.read(number, 'leaf', 1)).records;
  }
}
