import { recordType } from '../../records.ts';
import type { CheckedEntry } from './entry.ts';
import type { Findings } from '../findings.ts';
import type { CatalogKey } from '../trees/keys.ts';

/** A thread record: by its id, where a file or folder is (TN1150, "Catalog Thread Records"). */
export interface Thread {
  readonly kind: 'file' | 'folder';
  readonly parent: number;
  readonly name: string;
  readonly at: number;
}

const nameOffset = 8;

export function readThread(key: CatalogKey, data: Buffer, at: number, found: Findings): Thread | undefined {
  const where = { offset: at, id: key.parent };
  if (key.name !== '')
    found.fault('catalog', `the key of the thread record of ${key.parent} has the name "${key.name}"`, where);
  const length = data.length >= nameOffset + 2 ? data.readUInt16BE(nameOffset) : -1;
  if (length < 1 || length > 255 || data.length < nameOffset + 2 + 2 * length) {
    found.fault('catalog', `the thread record of ${key.parent} has no name`, where);
    return undefined;
  }
  const end = nameOffset + 2 + 2 * length;
  if (data.length !== end)
    // Some writers leave room for the longest name.
    found[data.length > nameOffset + 2 + 2 * 255 ? 'fault' : 'remark'](
      'catalog',
      `the thread record of ${key.parent} has ${data.length} bytes instead of ${end}`,
      where,
    );
  const name = Buffer.from(data.subarray(nameOffset + 2, end))
    .swap16()
    .toString('utf16le');
  const kind = data.readUInt16BE(0) === recordType.folderThread ? 'folder' : 'file';
  return { kind, parent: data.readUInt32BE(4), name, at };
}

/** Holds a thread record against what it is of. */
export function joinThread(entry: CheckedEntry, thread: Thread, found: Findings): void {
  const { id } = entry;
  const fault = (what: string): void =>
    found.fault('catalog', `the thread record of ${entry.kind} ${id} ${what}`, { offset: thread.at, id });
  entry.thread = true;
  if (thread.kind !== entry.kind) fault(`is one of a ${thread.kind}`);
  if (thread.parent !== entry.parent)
    fault(`names ${thread.parent} as its folder instead of ${entry.parent}`);
  if (thread.name !== entry.name) fault(`has the name "${thread.name}" instead of "${entry.name}"`);
}
