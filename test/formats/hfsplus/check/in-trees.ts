import { plantedIn, type Planting } from './planting.ts';
import type { Surgeon } from './surgeon.ts';

/** Beginnings of the fields of a node's descriptor. */
const descriptor = { next: 0, previous: 4, kind: 8, height: 9, records: 10 } as const;
/** Of a tree's header record. */
const header = {
  depth: 0,
  root: 2,
  records: 6,
  first: 10,
  last: 14,
  nodeSize: 18,
  maxKey: 20,
  nodes: 22,
  free: 26,
  type: 36,
  compare: 37,
  attributes: 38,
} as const;

const root = (s: Surgeon): number => s.tree('catalog').header.rootNode;
const first = (s: Surgeon): number => s.tree('catalog').header.firstLeafNode;
const last = (s: Surgeon): number => s.tree('catalog').header.lastLeafNode;
const next = (s: Surgeon, leaf: number): number => s.u32(s.node('catalog', leaf));
const map = (s: Surgeon): number => s.node('catalog', 0) + 248;

/** Where the number that an index record of the root leads to stands. */
function pointer(s: Surgeon, index: number): number {
  const node = root(s);
  const at = s.node('catalog', node) + s.u16(s.slot('catalog', node, index));
  return at + 2 + s.u16(at);
}

const planted = plantedIn('linux');

export const inTrees: readonly Planting[] = [
  planted(
    'a tree of nodes of no size',
    (s) => s.set16(s.treeHeader('catalog', header.nodeSize), 1000),
    /^the catalog file has nodes of 1000 bytes$/,
  ),
  planted(
    'a tree that counts more nodes than it has',
    (s) => s.add32(s.treeHeader('catalog', header.nodes), 1),
    /^the catalog file counts \d+ nodes and has room for \d+$/,
  ),
  planted(
    'a wrong count of free nodes',
    (s) => s.add32(s.treeHeader('catalog', header.free), -1),
    /^the catalog file counts \d+ free nodes, and its map has \d+$/,
  ),
  planted(
    'a wrong count of records',
    (s) => s.add32(s.treeHeader('catalog', header.records), 1),
    /^the catalog file counts \d+ records and has \d+$/,
  ),
  planted(
    'a first leaf that is the second',
    (s) => s.set32(s.treeHeader('catalog', header.first), next(s, first(s))),
    /names \d+ as the leaf before it instead of 0$/,
  ),
  planted(
    'a last leaf that is the first',
    (s) => s.set32(s.treeHeader('catalog', header.last), first(s)),
    /^the catalog file names \d+ as its last leaf, and it is \d+$/,
  ),
  planted(
    'a tree that is deeper than its header says',
    (s) => s.set16(s.treeHeader('catalog', header.depth), 1),
    /no index record leads to this leaf$/,
  ),
  planted(
    'a tree as deep as none',
    (s) => s.set16(s.treeHeader('catalog', header.depth), 99),
    /^the catalog file is 99 levels deep$/,
  ),
  planted(
    'a root that is a leaf',
    (s) => s.set32(s.treeHeader('catalog', header.root), first(s)),
    /its kind is 255 and not 0, as of index nodes$/,
  ),
  planted(
    'a root that does not exist',
    (s) => s.set32(s.treeHeader('catalog', header.root), 77_777),
    /^the catalog file's header leads to node 77777, which does not exist$/,
  ),
  planted(
    'longer keys than the format’s',
    (s) => s.set16(s.treeHeader('catalog', header.maxKey), 600),
    /^the catalog file allows keys of 600 bytes instead of 516$/,
  ),
  planted(
    'a tree of another type',
    (s) => s.set8(s.treeHeader('catalog', header.type), 128),
    /^the catalog file is of the type 128, not 0$/,
  ),
  planted(
    'a tree that was not closed',
    (s) => s.or32(s.treeHeader('catalog', header.attributes), 1),
    /^the catalog file was not closed properly$/,
    false,
  ),
  planted(
    'a tree without its attributes',
    (s) => s.set32(s.treeHeader('catalog', header.attributes), 0),
    /^the catalog file has the attributes 0 instead of 6$/,
    false,
  ),
  planted(
    'names compared in a way that HFS+ has not',
    (s) => s.set8(s.treeHeader('catalog', header.compare), 0xbc),
    /^the catalog file compares names by the unknown type 188$/,
  ),
  planted(
    'a header node of another kind',
    (s) => s.set8(s.node('catalog', 0) + descriptor.kind, 0xff),
    /^the catalog file begins with a node of kind 255 instead of 1$/,
  ),
  planted(
    'a leaf of the wrong kind',
    (s) => s.set8(s.node('catalog', first(s)) + descriptor.kind, 0),
    /its kind is 0 and not 255, as of leaf nodes$/,
  ),
  planted(
    'a leaf of the wrong height',
    (s) => s.set8(s.node('catalog', first(s)) + descriptor.height, 2),
    /its height is 2 instead of 1$/,
  ),
  planted(
    'an index node of the wrong height',
    (s) => s.set8(s.node('catalog', root(s)) + descriptor.height, 9),
    /its height is 9 instead of \d$/,
  ),
  planted(
    'a leaf that links to itself',
    (s) => s.set32(s.node('catalog', next(s, first(s))), next(s, first(s))),
    /^leaf (\d+) leads to node \1, which was reached before$/,
  ),
  planted(
    'a leaf that links backwards to another',
    (s) => s.set32(s.node('catalog', last(s)) + descriptor.previous, first(s)),
    /it names \d+ as the leaf before it instead of \d+$/,
  ),
  planted(
    'a leaf that is left out by the links',
    (s) => s.set32(s.node('catalog', first(s)), next(s, next(s, first(s)))),
    /no link leads to this leaf$/,
  ),
  planted(
    'links that end too early',
    (s) => s.set32(s.node('catalog', next(s, first(s))), 0),
    /no link leads to this leaf$/,
  ),
  planted(
    'more records than a node has room for',
    (s) => s.set16(s.node('catalog', first(s)) + descriptor.records, 3000),
    /3000 records do not fit in it$/,
  ),
  planted(
    'a leaf of fewer records than it had',
    (s) => s.set16(s.node('catalog', last(s)) + descriptor.records, 1),
    /^the catalog file counts \d+ records and has \d+$/,
  ),
  planted(
    'a first record that begins elsewhere',
    (s) => s.set16(s.slot('catalog', first(s), 0), 16),
    /its first record is at 16 instead of 14$/,
  ),
  planted(
    'records in the wrong order',
    (s) => {
      const [a, b] = [1, 2].map((index) => s.slot('catalog', first(s), index)) as [number, number];
      const [one, other] = [s.u16(a), s.u16(b)];
      s.set16(a, other);
      s.set16(b, one);
    },
    /record \d has an invalid end: \d+$/,
  ),
  planted(
    'a key that is too long',
    (s) => s.set16((s.records('catalog')[3]?.key ?? 0) - 2, 520),
    /record 3 has no key of this tree$/,
  ),
  planted(
    'a key of another folder',
    (s) => s.set32(s.records('catalog')[3]?.key ?? 0, 0xffff),
    /does not come after the one before it/,
  ),
  planted(
    'an index that has another key than its leaf',
    (s) => s.set8(pointer(s, 1) - 1, 0x41),
    /it begins with .*, and the index has /,
  ),
  planted(
    'an index record that leads nowhere',
    (s) => s.set32(pointer(s, 0), 88_888),
    /^node \d+ leads to node 88888, which does not exist$/,
  ),
  planted(
    'two index records that lead to one node',
    (s) => s.set32(pointer(s, 1), s.u32(pointer(s, 0))),
    /leads to node \d+, which was reached before$|^two index records lead to leaf \d+$/,
  ),
  planted(
    'an index record that leads to the header',
    (s) => s.set32(pointer(s, 0), 0),
    /^node \d+ leads to node 0, which does not exist$/,
  ),
  planted(
    'a used node that the map calls free',
    (s) => s.flip(map(s), first(s)),
    /^node \d+ is part of the tree and marked as free$/,
  ),
  planted(
    'a free node that the map calls used',
    (s) => s.flip(map(s), s.freeNode('catalog')),
    /^node \d+ is marked as used and is no part of the tree$/,
  ),
  planted(
    'a free node that is not zeroed',
    (s) => s.set8(s.node('catalog', s.freeNode('catalog')) + 99, 1),
    /^node \d+ is free and not zeroed$/,
  ),
  planted(
    'a map that goes on in a leaf',
    (s) => s.set32(s.node('catalog', 0), first(s)),
    /it should be a map node, but is not$/,
  ),
  planted(
    'a map that goes on nowhere',
    (s) => s.set32(s.node('catalog', 0), 99_999),
    /^the map's node 0 leads to node 99999, which does not exist$/,
  ),
];
