import { binaryCompare } from '../../records.ts';
import type { TreeName, TreeShape } from './model.ts';

/** Bits of a tree's attributes (TN1150, "Header Record"): keys' lengths have 16 bits; those of index nodes vary. */
const bigKeys = 2;
const variableIndexKeys = 4;
const foldingCompare = 0xcf;

/** The trees of a new volume, as Apple's newfs_hfs makes them. @param size of the volume, in bytes */
export function newTree(name: TreeName, size: number, caseSensitive: boolean): TreeShape {
  const catalogNode = size < 2 ** 30 ? 4096 : 8192;
  const shapes = {
    extents: { nodeSize: 4096, maxKeyLength: 10, keyCompareType: 0, attributes: bigKeys },
    catalog: {
      nodeSize: catalogNode,
      maxKeyLength: 516,
      keyCompareType: caseSensitive ? binaryCompare : foldingCompare,
      attributes: bigKeys | variableIndexKeys,
    },
    attributes: {
      nodeSize: 8192,
      maxKeyLength: 266,
      keyCompareType: 0,
      attributes: bigKeys | variableIndexKeys,
    },
  };
  return { header: { ...shapes[name], clumpSize: 0, treeType: 0 }, extents: [] };
}

const mega = 2 ** 20;
/** What Apple's newfs_hfs gives the trees of volumes of 1, 2, 4 … GiB, in MiB. */
const clumps: Readonly<Record<TreeName, readonly number[]>> = {
  extents: [4, 4, 4, 5, 5, 6, 7, 8, 9, 11, 14, 16, 20, 25, 32],
  catalog: [4, 6, 8, 11, 32, 49, 74, 111, 169, 256, 294, 338, 388, 446, 512],
  attributes: [4, 6, 8, 11, 64, 84, 111, 147, 194, 256, 294, 338, 388, 446, 512],
};

/**
 * By how many bytes a tree grows: eight nodes at least, but no more than a quarter of the volume.
 * @param size of the volume, in bytes
 */
export function treeClump(name: TreeName, nodeSize: number, blockSize: number, size: number): number {
  const table = clumps[name];
  const power = Math.floor(Math.log2(size / 2 ** 30));
  const clump = power < 0 ? size / 128 : (table[Math.min(power, table.length - 1)] ?? 0) * mega;
  const unit = Math.max(nodeSize, blockSize);
  return Math.max(unit, floorTo(Math.min(Math.max(clump, 8 * nodeSize), size / 4), unit));
}

function floorTo(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}
