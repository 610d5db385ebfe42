import type { Change } from '../../difference/index.ts';
import { chunkLength, type DiskIndex } from '../packs/disk-index.ts';
import type { FoundProduct } from './find-product.ts';
import type { PaperFacts } from './read-papers.ts';

/** One thing that is not the same in two products. */
export interface ProductChange {
  readonly part: 'parameters' | 'sources' | 'packages' | 'files' | 'disks' | 'milestones';
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly from?: string;
  readonly to?: string;
  /** Of a file: bytes. Of a disk: bytes of chunks that differ. */
  readonly bytes?: number;
  /** Of a disk: the files on it that differ. */
  readonly inside?: readonly Change[];
}

interface Product {
  readonly found: FoundProduct;
  readonly papers: PaperFacts;
}

/** Everything that differs between two products, by their indexes and papers: no byte of a file is read. */
export function compareProducts(a: Product, b: Product): ProductChange[] {
  return [
    ...mapChanges('parameters', a.papers.parameters, b.papers.parameters),
    ...mapChanges('sources', a.papers.sources, b.papers.sources),
    ...mapChanges('packages', a.papers.packages, b.papers.packages),
    ...fileChanges(a.found, b.found),
    ...diskChanges(a.found, b.found),
    ...mapChanges('milestones', numbered(a.papers.milestones), numbered(b.papers.milestones)),
  ];
}

function mapChanges(
  part: ProductChange['part'],
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): ProductChange[] {
  const names = [...new Set([...one.keys(), ...other.keys()])].sort();
  return names.flatMap((name): ProductChange[] => {
    const [from, to] = [one.get(name), other.get(name)];
    if (from === to) return [];
    if (from === undefined) return [{ part, name, change: 'added', to: to ?? '' }];
    if (to === undefined) return [{ part, name, change: 'removed', from }];
    return [{ part, name, change: 'changed', from, to }];
  });
}

/** A milestone is there or not; its order is the boot's. */
function numbered(milestones: readonly string[]): ReadonlyMap<string, string> {
  return new Map(milestones.map((each) => [each, '']));
}

function fileChanges({ index: one }: FoundProduct, { index: other }: FoundProduct): ProductChange[] {
  const files = ({ entries }: typeof one): Map<string, { readonly word: string; readonly size: number }> =>
    new Map(
      entries.flatMap((entry) => {
        if (entry.type === 'directory') return [];
        if (entry.type === 'symlink') return [[entry.path, { word: `→ ${entry.target}`, size: 0 }]];
        const { path, size, sha256, executable } = entry;
        return [[path, { word: `${sha256}${executable ? ' executable' : ''}`, size }]];
      }),
    );
  const [mine, theirs] = [files(one), files(other)];
  const words = (list: typeof mine): Map<string, string> =>
    new Map([...list].map(([path, { word }]) => [path, word]));
  return mapChanges('files', words(mine), words(theirs)).map((change) => {
    const size = (theirs.get(change.name) ?? mine.get(change.name))?.size ?? 0;
    const from = mine.get(change.name)?.size;
    return { ...change, bytes: change.change === 'changed' ? size - (from ?? 0) : size };
  });
}

function diskChanges({ disks: one }: FoundProduct, { disks: other }: FoundProduct): ProductChange[] {
  return [...one.values()].flatMap((disk): ProductChange[] => {
    const now = other.get(disk.path);
    if (now === undefined) return [];
    const bytes = differing(disk, now);
    if (bytes === 0 && disk.size === now.size) return [];
    const change = { part: 'disks', name: disk.path, change: 'changed', bytes } as const;
    return [{ ...change, from: String(disk.size), to: String(now.size) }];
  });
}

/** Bytes of the chunks of the second disk, and of those that it no longer has, that are not the same. */
function differing(one: DiskIndex, other: DiskIndex): number {
  const before = new Map(one.chunks.map(({ number, digest }) => [number, digest]));
  let bytes = 0;
  for (const { number, digest } of other.chunks) {
    if (before.get(number) !== digest) bytes += chunkLength(other.size, number);
    before.delete(number);
  }
  for (const number of before.keys()) bytes += chunkLength(one.size, number);
  return bytes;
}
