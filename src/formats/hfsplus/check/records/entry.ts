import type { CatalogRecord } from '../../records.ts';
import type { Extent } from '../../fork.ts';

type KeptFields = Pick<
  CatalogRecord,
  'flags' | 'valence' | 'createDate' | 'owner' | 'group' | 'ownerFlags' | 'mode' | 'special' | 'folderCount'
>;

/** The numbers that are needed again when all of the catalog is known. */
export function keptFields(record: CatalogRecord): KeptFields {
  const { flags, valence, createDate, owner, group, ownerFlags, mode, special, folderCount } = record;
  return { flags, valence, createDate, owner, group, ownerFlags, mode, special, folderCount };
}

/** What a check keeps of a file or folder. */
export interface CheckedEntry {
  readonly id: number;
  readonly kind: 'file' | 'folder';
  readonly parent: number;
  readonly name: string;
  readonly fields: KeptFields;
  /** Where its record lies in the volume. */
  readonly at: number;
  /** A file that stands for a hard link. */
  readonly link: 'file' | 'folder' | undefined;
  /** Of a file whose data are compressed: where its resource fork is. */
  resource: { readonly extents: readonly Extent[]; readonly size: number } | undefined;
  /** What is in it, and how much of that are folders. */
  children: number;
  folders: number;
  thread: boolean;
  attributes: boolean;
  /** Its access control list has been seen, an attribute too. */
  security: boolean;
  /** Its attribute "com.apple.decmpfs" has been seen. */
  compression: boolean;
}

export interface CheckedCatalog {
  readonly entries: Map<number, CheckedEntry>;
  files: number;
  folders: number;
}
