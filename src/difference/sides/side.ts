import type { ByteSource, Sha256 } from '../../base/index.ts';

/** One of two things to compare, whatever it is stored in: what it has, by path. */
export interface Side {
  /** In words: "disk image", "installer package", "tar archive", "folder". */
  readonly what: string;
  readonly entries: ReadonlyMap<string, SideEntry>;
}

/** A file, folder or link, a partition or a volume. What a side cannot know is left out, and not compared. */
export interface SideEntry {
  readonly kind: 'file' | 'folder' | 'link' | 'device' | 'partition' | 'volume';
  /** Permission bits. */
  readonly mode?: number;
  readonly owner?: number;
  readonly group?: number;
  /** Seconds since 1970. */
  readonly modified?: number;
  /** Of a link. */
  readonly target?: string;
  readonly content?: Content;
  /** Extended attributes by name, and what a Mac has beside them: the resource fork, the Finder's. */
  readonly attributes?: ReadonlyMap<string, Content>;
  /** Of partitions and volumes, in words. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** Bytes that can be read, or what is known of those that went by in a stream. */
export type Content =
  ReadableContent | { readonly kind: 'digest'; readonly size: number; readonly digest: Sha256 };

export interface ReadableContent {
  readonly kind: 'bytes';
  readonly size: number;
  /** Two contents of one place are the same bytes. */
  readonly place?: string;
  /** Where it begins on its medium: what is compared in this order is read in a row. */
  readonly at?: number;
  /** The file of this host that it is. */
  readonly file?: string;
  readonly open: () => Promise<OpenContent>;
}

export type OpenContent = ByteSource & { readonly close?: () => Promise<void> };
