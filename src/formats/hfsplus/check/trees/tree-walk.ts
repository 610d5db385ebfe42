import type { ForkSource } from '../../fork.ts';
import { BitSet } from './bit-set.ts';
import type { Findings } from '../findings.ts';
import type { TreeRules } from './keys.ts';
import { checkNode, type CheckedNode } from './node.ts';
import { nodeReader } from './node-reader.ts';
import type { CheckedHeader } from './tree-header.ts';

/** A tree's nodes, each of which is reached once, whatever the bytes say. */
export class TreeWalk<K> {
  readonly rules: TreeRules<K>;
  readonly found: Findings;
  readonly reached = new BitSet();
  readonly nodeAt: (number: number) => Promise<Buffer>;
  readonly #fork: ForkSource;
  readonly #opened: CheckedHeader;

  constructor(fork: ForkSource, opened: CheckedHeader, rules: TreeRules<K>, found: Findings) {
    this.#fork = fork;
    this.#opened = opened;
    this.rules = rules;
    this.found = found;
    this.nodeAt = nodeReader(fork, opened.header.nodeSize);
    this.reached.add(0);
  }

  /** Where a node lies in the volume; of one that does not exist, where the tree begins. */
  at(number: number): number {
    const { header, nodes } = this.#opened;
    return this.#fork.at(number < nodes ? number * header.nodeSize : 0);
  }

  read(number: number, kind: 'leaf' | 'index', height: number): Promise<CheckedNode<K>> {
    const expected = { number, kind, height, at: this.at(number) };
    return this.nodeAt(number).then((data) => checkNode(data, expected, this.rules, this.found));
  }

  exists(number: number, from: string): boolean {
    if (number > 0 && number < this.#opened.nodes) return true;
    this.fault(`${from} leads to node ${number}, which does not exist`, 0);
    return false;
  }

  /** @returns false, with a fault, when the node does not exist or was reached before */
  reach(number: number, from: string): boolean {
    if (!this.exists(number, from)) return false;
    if (this.reached.add(number)) return true;
    this.fault(`${from} leads to node ${number}, which was reached before`, number);
    return false;
  }

  fault(what: string, number: number, field = 0): void {
    this.found.fault(this.rules.area, what, { offset: this.at(number) + field });
  }

  headerFault(what: string, field: number): void {
    this.fault(`the ${this.rules.area} file ${what}`, 0, 14 + field);
  }
}

/** A node as the level above knows it. */
export interface Pointer<K> {
  readonly number: number;
  /** Of the index record; the root has none. */
  readonly key: K | undefined;
}

/**
 * Holds a node's first key against the record that leads to it and the last key of the node before.
 * @returns its own last key
 */
export function checkBounds<K>(
  walk: TreeWalk<K>,
  node: CheckedNode<K>,
  pointer: Pointer<K> | undefined,
  last: K | undefined,
): K | undefined {
  const { compare, show } = walk.rules;
  const first = node.records[0]?.key;
  if (first === undefined) return last;
  if (pointer?.key !== undefined && compare(pointer.key, first) !== 0)
    walk.fault(
      `node ${node.number}: it begins with ${show(first)}, and the index has ${show(pointer.key)}`,
      node.number,
    );
  if (last !== undefined && compare(last, first) >= 0)
    walk.fault(
      `node ${node.number}: it begins with ${show(first)}, which does not come after ${show(last)}`,
      node.number,
    );
  return node.records.at(-1)?.key;
}
