import { from1904To1970 } from '../../date.ts';
import {
  catalogRecord,
  fileMode,
  fileRecordSize,
  recordType,
  securityAttribute,
  type CatalogRecord,
} from '../../records.ts';

/** What a file or folder has beside its name and forks. What is left out is as root would have made it. */
export interface Metadata {
  /** Permissions; with the bits of its kind or without them. */
  readonly mode?: number;
  readonly owner?: number;
  readonly group?: number;
  /** Kept to the second, from 1904 to 2040. */
  readonly createDate?: Date;
  readonly contentModDate?: Date;
  readonly attributeModDate?: Date;
  readonly accessDate?: Date;
  readonly backupDate?: Date;
  readonly adminFlags?: number;
  readonly ownerFlags?: number;
  /** 16 bytes: type, creator, Finder flags … */
  readonly userInfo?: Uint8Array;
  readonly finderInfo?: Uint8Array;
  readonly textEncoding?: number;
}

/** Seconds since 1904, as near as they can be stored. */
export function hfsDate(date: Date): number {
  const seconds = Math.floor(date.getTime() / 1000) + from1904To1970;
  return Math.min(Math.max(seconds, 0), 0xffffffff);
}

/** A flag of files: the catalog has a thread record of it. All have. */
export const threadFlag = 0x02;
export const attributesFlag = 0x04;
/** One of the attributes is an access control list. */
export const securityFlag = 0x08;
/** A flag of folders: their record counts the folders in them. */
export const folderCountFlag = 0x10;

/** A flag of folders: one in them, however deep, is a hard link. */
export const childLinkFlag = 0x40;

/** What the flags of a file or folder say of its attributes. */
export function attributeFlags(attributes: ReadonlyMap<string, unknown>): number {
  return (attributes.size > 0 ? attributesFlag : 0) | (attributes.has(securityAttribute) ? securityFlag : 0);
}

/**
 * The record of something new, its forks empty.
 * @param now seconds since 1904, for the dates that are not given
 */
export function newRecord(kind: 'file' | 'folder', id: number, metadata: Metadata, now: number): Buffer {
  const file = kind === 'file';
  const date = (value: Date | undefined): number => (value === undefined ? now : hfsDate(value));
  const created = date(metadata.createDate ?? metadata.contentModDate);
  const mode = metadata.mode ?? (file ? 0o644 : 0o755);
  const fields: CatalogRecord = {
    type: recordType[kind],
    flags: file ? threadFlag : 0,
    valence: 0,
    id,
    createDate: created,
    contentModDate: date(metadata.contentModDate),
    attributeModDate: date(metadata.attributeModDate ?? metadata.contentModDate),
    accessDate: date(metadata.accessDate ?? metadata.contentModDate),
    backupDate: metadata.backupDate === undefined ? 0 : hfsDate(metadata.backupDate),
    owner: metadata.owner ?? 0,
    group: metadata.group ?? 0,
    adminFlags: metadata.adminFlags ?? 0,
    ownerFlags: metadata.ownerFlags ?? 0,
    mode: (mode & fileMode.kind) === 0 ? mode | fileMode[kind] : mode,
    special: 1,
    userInfo: metadata.userInfo ?? new Uint8Array(16),
    finderInfo: metadata.finderInfo ?? new Uint8Array(16),
    textEncoding: metadata.textEncoding ?? 0,
    folderCount: 0,
  };
  const record = Buffer.alloc(file ? fileRecordSize : catalogRecord.size);
  record.set(catalogRecord.encode(fields));
  return record;
}

/** A record with some of its fields changed; the given one stays as it is. */
export function withFields(record: Buffer, changes: Partial<CatalogRecord>): Buffer {
  const changed = Buffer.from(record);
  changed.set(catalogRecord.encode({ ...catalogRecord.decode(record), ...changes }));
  return changed;
}
