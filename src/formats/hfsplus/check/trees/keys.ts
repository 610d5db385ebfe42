import { foldCase } from '../../case-fold.ts';

/** How a tree's keys are laid out and ordered (TN1150, "Catalog File", "Extents Overflow File", "Attributes File"). */
export interface TreeRules<K> {
  readonly area: 'extents' | 'catalog' | 'attributes';
  readonly maxKeyLength: number;
  /** Of the header: keys have a length of 16 bits (2); those of index nodes are as long as they have to be (4). */
  readonly attributes: number;
  /** @returns undefined when the bytes are no key of this tree */
  readonly parse: (key: Buffer) => K | undefined;
  readonly compare: (a: K, b: K) => number;
  readonly show: (key: K) => string;
}

export interface ExtentKey {
  readonly id: number;
  readonly fork: 'data' | 'resource';
  /** The number of blocks of the fork before this record's. */
  readonly start: number;
}

export interface CatalogKey {
  readonly parent: number;
  /** As it is stored; empty of a thread. */
  readonly name: string;
  /** As it is compared. */
  readonly folded: string;
}

export interface AttributeKey {
  readonly id: number;
  readonly name: string;
  readonly start: number;
}

export const extentRules: TreeRules<ExtentKey> = {
  area: 'extents',
  maxKeyLength: 10,
  attributes: 2,
  parse(key) {
    const type = key[0];
    if (key.length !== 10 || (type !== 0 && type !== 0xff)) return undefined;
    return { id: key.readUInt32BE(2), fork: type === 0 ? 'data' : 'resource', start: key.readUInt32BE(6) };
  },
  compare: (a, b) => a.id - b.id || forkOrder(a) - forkOrder(b) || a.start - b.start,
  show: ({ id, fork, start }) => `the ${fork} fork of ${id} from its block ${start}`,
};

export function catalogRules(binary: boolean): TreeRules<CatalogKey> {
  return {
    area: 'catalog',
    maxKeyLength: 516,
    attributes: 6,
    parse(key) {
      if (key.length < 6) return undefined;
      const name = units(key, 4);
      if (name === undefined) return undefined;
      return { parent: key.readUInt32BE(0), name, folded: binary ? name : foldCase(name) };
    },
    compare: (a, b) => a.parent - b.parent || order(a.folded, b.folded),
    show: ({ parent, name }) => `"${name}" in folder ${parent}`,
  };
}

export const attributeRules: TreeRules<AttributeKey> = {
  area: 'attributes',
  maxKeyLength: 266,
  attributes: 6,
  parse(key) {
    if (key.length < 12) return undefined;
    const name = units(key, 10);
    if (name === undefined) return undefined;
    return { id: key.readUInt32BE(2), start: key.readUInt32BE(6), name };
  },
  compare: (a, b) => a.id - b.id || order(a.name, b.name) || a.start - b.start,
  show: ({ id, name }) => `the attribute "${name}" of ${id}`,
};

/** The counted string at the end of a key. */
function units(key: Buffer, offset: number): string | undefined {
  const length = key.readUInt16BE(offset);
  if (length > 255 || offset + 2 + 2 * length !== key.length) return undefined;
  return Buffer.from(key.subarray(offset + 2))
    .swap16()
    .toString('utf16le');
}

/** JavaScript compares strings by UTF-16 unit, as the format does. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function forkOrder({ fork }: ExtentKey): number {
  return fork === 'data' ? 0 : 1;
}
