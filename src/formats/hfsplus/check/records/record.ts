import { linkOf } from '../../hard-links.ts';
import {
  compressedFlag,
  catalogRecord,
  dataForkOffset,
  fileMode,
  fileRecordSize,
  folderRecordSize,
  recordType,
  reservedId,
  resourceForkOffset,
} from '../../records.ts';
import type { ForkSource } from '../../fork.ts';
import type { ForkKind } from '../../overflow.ts';
import { forkData } from '../../volume-header.ts';
import type { CheckContext } from '../blocks/context.ts';
import { keptFields, type CheckedEntry } from './entry.ts';
import { checkFork } from '../blocks/fork.ts';
import type { CatalogKey } from '../trees/keys.ts';
import { nameProblem } from './name.ts';

/** Bits of `flags`: a file has a thread record, as all have; a folder counts the folders in it. */
const threadFlag = 0x02;
/** The same, and that a file is locked: folders have neither. */
const fileFlags = 0x03;
export const folderCountFlag = 0x10;

/** Devices, pipes and sockets. */
const specialKinds = [0o020000, 0o060000, 0o010000, 0o140000];
const fileKinds = [fileMode.file, fileMode.link, ...specialKinds];
/** A bit of the volume's attributes: ids have been counted up to the last and begun again. */
const idsReused = 1 << 12;
/** PATH_MAX of OS X, the NUL behind left out. */
const longestTarget = 1023;

/** Checks the record of a file or folder by itself and claims its blocks. @returns undefined when it is not one */
export function checkRecord(
  context: CheckContext,
  key: CatalogKey,
  data: Buffer,
  at: number,
): CheckedEntry | undefined {
  const { found, header } = context;
  const type = data.readUInt16BE(0);
  const kind = type === recordType.folder ? 'folder' : 'file';
  const size = kind === 'folder' ? folderRecordSize : fileRecordSize;
  if (data.length !== size) {
    found.fault('catalog', `the record of a ${kind} has ${data.length} bytes instead of ${size}`, {
      offset: at,
    });
    return undefined;
  }
  const fields = catalogRecord.decode(data);
  const { id, mode, flags, createDate, contentModDate } = fields;
  const where = { offset: at, id };
  const fault = (what: string): void => found.fault('catalog', `${kind} ${id}: ${what}`, where);
  const remark = (what: string): void => found.remark('catalog', `${kind} ${id}: ${what}`, where);
  const problem = nameProblem(key.name);
  if (problem !== undefined) fault(`its name ${problem}`);
  if (id < reservedId.firstUser && id !== reservedId.root) fault('its id is reserved');
  if ((header.attributes & idsReused) === 0 && id >= header.nextCatalogId)
    fault(`its id is not below the next, ${header.nextCatalogId}`);
  if (createDate === 0 || contentModDate === 0) remark('it has no date of its creation or change');

  const bits = mode & fileMode.kind;
  const allowed: readonly number[] = kind === 'folder' ? [fileMode.folder] : fileKinds;
  const link = kind === 'file' ? linkOf(data, flags) : undefined;
  // Linux gives none to those that stand for hard links.
  if (mode === 0 && link === undefined) remark('it has no mode');
  else if (mode !== 0 && !allowed.includes(bits))
    fault(`its mode ${mode.toString(8)} is not that of a ${kind}`);
  context.encodings.add(fields.textEncoding);
  const entry: CheckedEntry = {
    id,
    kind,
    parent: key.parent,
    name: key.name,
    fields: keptFields(fields),
    at,
    link,
    children: 0,
    folders: 0,
    thread: false,
    attributes: false,
    security: false,
    compression: false,
    resource: undefined,
  };
  if (kind === 'folder') {
    if ((flags & fileFlags) !== 0) fault(`its flags ${flags} are of a file`);
    return entry;
  }

  if ((flags & threadFlag) === 0) fault('its flags deny that it has a thread record');
  const ours = fileFork(context, data, at, id, 'data');
  const resource = fileFork(context, data, at, id, 'resource');
  const length = forkSize(data, dataForkOffset);
  if (bits === fileMode.link && (length === 0 || length > longestTarget))
    fault(`invalid symbolic link: target of ${length} bytes`);
  if (specialKinds.includes(bits) && (length !== 0 || forkSize(data, resourceForkOffset) !== 0))
    fault('a device or pipe has data');
  if ((fields.ownerFlags & compressedFlag) === 0) return entry;
  if (ours !== undefined && ours.size > 0) fault('its data are compressed, and its data fork is not empty');
  entry.resource = { extents: resource?.extents ?? [], size: resource?.size ?? 0 };
  return entry;
}

const noFork = Buffer.alloc(forkData.size);

/** Checks a fork of a file. @returns undefined of an empty one, as most are */
function fileFork(
  context: CheckContext,
  data: Buffer,
  at: number,
  id: number,
  fork: ForkKind,
): ForkSource | undefined {
  const offset = fork === 'data' ? dataForkOffset : resourceForkOffset;
  const empty = data.compare(noFork, 0, noFork.length, offset, offset + noFork.length) === 0;
  if (empty && !context.overflow.has(id, fork)) return undefined;
  const owner = { fork, id };
  return checkFork(context, forkData.decode(data, offset), {
    area: 'catalog',
    owner,
    at: at + offset,
    id,
    fork,
  });
}

/** What a fork says of its size, as near as numbers go. */
function forkSize(data: Buffer, offset: number): number {
  return data.readUInt32BE(offset) * 2 ** 32 + data.readUInt32BE(offset + 4);
}
