import { openVolume, type Entry, type HfsVolume } from '../../../../src/formats/hfsplus/index.ts';
import { leaves, type Tree } from '../../../../src/formats/hfsplus/tree.ts';
import { memorySource } from '../../../../src/formats/source/index.ts';

type TreeName = 'extents' | 'catalog' | 'attributes';

/** A record of a leaf: where its key (without the length) and its data lie in the volume. */
interface Place {
  readonly node: number;
  readonly index: number;
  readonly key: number;
  readonly data: number;
  readonly bytes: Buffer;
  readonly keyBytes: Buffer;
}

/** Changes a sound volume byte by byte, knowing what lies where. */
export class Surgeon {
  readonly bytes: Buffer;
  readonly volume: HfsVolume;
  readonly #records: Readonly<Record<TreeName, readonly Place[]>>;

  private constructor(
    bytes: Buffer,
    volume: HfsVolume,
    records: Readonly<Record<TreeName, readonly Place[]>>,
  ) {
    this.bytes = bytes;
    this.volume = volume;
    this.#records = records;
  }

  static async open(whole: Buffer): Promise<Surgeon> {
    const volume = await openVolume(memorySource(whole));
    const records = async (tree: Tree | undefined): Promise<Place[]> => {
      const list: Place[] = [];
      if (tree === undefined) return list;
      for await (const node of leaves(tree)) {
        node.records.forEach(({ key, data, offset }, index) => {
          const at = node.at + offset + 2;
          list.push({
            node: node.number,
            index,
            key: at,
            data: at + key.length + (key.length % 2),
            bytes: data,
            keyBytes: key,
          });
        });
      }
      return list;
    };
    const { extents, catalog, attributes } = volume.trees;
    return new Surgeon(Buffer.from(whole), volume, {
      extents: await records(extents),
      catalog: await records(catalog),
      attributes: await records(attributes),
    });
  }

  /** The same volume, unharmed. */
  fresh(): Surgeon {
    return new Surgeon(Buffer.from(this.bytes), this.volume, this.#records);
  }

  get alternate(): number {
    return this.bytes.length - 1024;
  }

  get blockSize(): number {
    return this.volume.header.blockSize;
  }

  set8(offset: number, value: number): void {
    this.bytes[offset] = value;
  }

  set16(offset: number, value: number): void {
    this.bytes.writeUInt16BE(value, offset);
  }

  set32(offset: number, value: number): void {
    this.bytes.writeUInt32BE(value, offset);
  }

  u16(offset: number): number {
    return this.bytes.readUInt16BE(offset);
  }

  u32(offset: number): number {
    return this.bytes.readUInt32BE(offset);
  }

  /** Changes a number of 32 bits. */
  add32(offset: number, by: number): void {
    this.set32(offset, this.u32(offset) + by);
  }

  or32(offset: number, bits: number): void {
    this.set32(offset, (this.u32(offset) | bits) >>> 0);
  }

  clear32(offset: number, bits: number): void {
    this.set32(offset, (this.u32(offset) & ~bits) >>> 0);
  }

  /** Of the volume header. */
  header(field: number): number {
    return 1024 + field;
  }

  /** The first entry that fits. */
  entry(fits: (entry: Entry) => boolean): Entry {
    const found = [...this.volume.catalog.entries.values()].find(fits);
    if (found === undefined) throw new Error('the volume has no such file or folder');
    return found;
  }

  named(name: string): Entry {
    return this.entry((entry) => entry.name === name);
  }

  /** Where a field of a file's or folder's record lies. */
  field(entry: Entry, offset: number): number {
    return (
      this.#catalog(
        ({ bytes, keyBytes }) =>
          bytes.readUInt16BE(0) < 3 && keyBytes.length > 6 && bytes.readUInt32BE(8) === entry.id,
      ).data + offset
    );
  }

  key(entry: Entry): number {
    return this.field(entry, 0) - entry.name.length * 2 - 6;
  }

  thread(entry: Entry): number {
    return this.#catalog(
      ({ bytes, keyBytes }) => bytes.readUInt16BE(0) >= 3 && keyBytes.readUInt32BE(0) === entry.id,
    ).data;
  }

  records(tree: TreeName): readonly Place[] {
    return this.#records[tree];
  }

  tree(name: TreeName): Tree {
    const tree = this.volume.trees[name];
    if (tree === undefined) throw new Error(`the volume has no ${name} file`);
    return tree;
  }

  /** Where a node lies. */
  node(name: TreeName, number: number): number {
    const tree = this.tree(name);
    return tree.fork.at(number * tree.header.nodeSize);
  }

  /** Where a field of a tree's header lies. */
  treeHeader(name: TreeName, field: number): number {
    return this.node(name, 0) + 14 + field;
  }

  /** Where a slot of a node's table of records lies. */
  slot(name: TreeName, number: number, index: number): number {
    return this.node(name, number) + this.tree(name).header.nodeSize - 2 * (index + 1);
  }

  /** The first node that the map calls free. */
  freeNode(name: TreeName): number {
    const { totalNodes } = this.tree(name).header;
    for (let number = 1; number < totalNodes; number++)
      if (!this.bit(this.node(name, 0) + 248, number)) return number;
    throw new Error(`the ${name} file has no free node`);
  }

  bit(map: number, number: number): boolean {
    return ((this.bytes[map + (number >> 3)] ?? 0) & (0x80 >> (number & 7))) !== 0;
  }

  flip(map: number, number: number): void {
    const at = map + (number >> 3);
    this.bytes[at] = (this.bytes[at] ?? 0) ^ (0x80 >> (number & 7));
  }

  /** Where the bitmap lies. */
  get bitmap(): number {
    return (this.volume.header.allocationFile.extents[0]?.startBlock ?? 0) * this.blockSize;
  }

  freeBlock(): number {
    const { totalBlocks } = this.volume.header;
    for (let block = 0; block < totalBlocks; block++) if (!this.bit(this.bitmap, block)) return block;
    throw new Error('the volume has no free block');
  }

  #catalog(fits: (place: Place) => boolean): Place {
    const found = this.#records.catalog.find(fits);
    if (found === undefined) throw new Error('the catalog has no such record');
    return found;
  }
}
