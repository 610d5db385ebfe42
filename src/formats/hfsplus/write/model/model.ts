import type { NodeUse } from './used-nodes.ts';
import type { ByteSource } from '../../../../base/index.ts';
import type { Attribute } from '../../attributes.ts';
import type { Extent } from '../../fork.ts';
import type { HfsVolume } from '../../open-volume.ts';
import type { Overflow } from '../../overflow.ts';
import type { TreeHeader } from '../../records.ts';
import type { VolumeHeader } from '../../volume-header.ts';
import type { Bitmap } from '../blocks/bitmap.ts';

/** A file or folder of a volume that is being edited. */
export interface EditedEntry {
  readonly id: number;
  readonly kind: 'file' | 'folder';
  /** As it is stored. */
  readonly name: string;
  /** Undefined of the root, and of what has been removed. */
  readonly parent: EditedEntry | undefined;
  /** Of a folder: what is in it, by folded name. */
  readonly children: ReadonlyMap<string, EditedEntry> | undefined;
}

/** Bytes that have no place in the volume yet. */
export interface PendingFork {
  readonly source: ByteSource;
}

/** An entry as the editor has it. */
export interface Item extends EditedEntry {
  id: number;
  name: string;
  parent: Item | undefined;
  readonly children: Map<string, Item> | undefined;
  /** Replaced, never written into: it may be the reader's. Its forks hold where there is nothing pending. */
  record: Buffer;
  data?: PendingFork;
  resource?: PendingFork;
  /** It was there before: it gets the date of the edit when something in it changes. What is new has the dates it was given. */
  readonly present: boolean;
}

/** An attribute: in its record, in blocks it has, or in blocks it is to get. */
export type EditedAttribute =
  | Attribute
  | { readonly kind: 'inline'; readonly data: Uint8Array }
  | { readonly kind: 'pending'; readonly fork: PendingFork };

/** The file or folder behind hard links, and its links in the order of their chain. */
export interface Inode {
  /** In its name and in its links; often, but not always, its id. */
  readonly number: number;
  readonly item: Item;
  readonly links: Set<Item>;
  changed: boolean;
}

export type TreeName = 'extents' | 'catalog' | 'attributes';

/** What is kept of a B-tree: all but its nodes. */
export interface TreeShape {
  readonly header: Pick<
    TreeHeader,
    'nodeSize' | 'maxKeyLength' | 'clumpSize' | 'treeType' | 'keyCompareType' | 'attributes'
  >;
  readonly extents: readonly Extent[];
  /** Of the tree that is there, where its nodes have this size and its map says it. */
  readonly use?: NodeUse | undefined;
}

/** A volume in memory while it is edited: all but the bytes of files. */
export interface Model {
  /** Undefined: a new one. */
  readonly volume: HfsVolume | undefined;
  readonly header: VolumeHeader;
  /** Of the volume in bytes before the edit; its alternate header ends 512 bytes before that. */
  readonly size: number;
  /** How many of its blocks `inUse` is about. */
  readonly totalBlocks: number;
  readonly inUse: Bitmap;
  readonly trees: Readonly<Record<TreeName, TreeShape>>;
  /** Of the allocation file. */
  readonly bitmapExtents: readonly Extent[];
  readonly root: Item;
  readonly fold: (name: string) => string;
  /** Folders count the folders in them. */
  readonly countsFolders: boolean;
  readonly items: Map<number, Item>;
  readonly attributes: Map<number, Map<string, EditedAttribute>>;
  readonly overflow: Overflow;
  /** By number, files' and folders'. */
  readonly inodes: { readonly file: Map<number, Inode>; readonly folder: Map<number, Inode> };
  /** Blocks that what has been removed leaves. */
  readonly freed: Extent[];
  /** Seconds since 1904: of all that is done. */
  readonly now: number;
  nextId: number;
  idsReused: boolean;
  finderInfo: (number | Item)[];
  encodings: bigint;
}
