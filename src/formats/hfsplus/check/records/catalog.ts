import type { ForkSource } from '../../fork.ts';
import { binaryCompare, nodeDescriptor, recordType, treeHeader } from '../../records.ts';
import { hfsPlusName } from '../../volume-header.ts';
import type { CheckContext } from '../blocks/context.ts';
import type { CheckedCatalog } from './entry.ts';
import { catalogRules } from '../trees/keys.ts';
import { checkRecord } from './record.ts';
import { joinThread, readThread, type Thread } from './thread.ts';
import { checkTree } from '../trees/tree.ts';

const foldingCompare = 0xcf;
/** What is kept of so many files and folders takes more than a gigabyte. */
const mostEntries = 1_500_000;

/** Checks the catalog's records one by one, and each thread record against what it is of. */
export async function checkCatalog(
  context: CheckContext,
  fork: ForkSource,
  catalog: CheckedCatalog,
): Promise<void> {
  const { found } = context;
  const { entries } = catalog;
  /** Of what comes later. */
  const threads = new Map<number, Thread>();
  const rules = catalogRules(await comparesBinary(context, fork));
  for await (const { key, data, at } of checkTree(fork, rules, found)) {
    const type = data.length >= 2 ? data.readUInt16BE(0) : 0;
    if (type === recordType.folderThread || type === recordType.fileThread) {
      const thread = readThread(key, data, at, found);
      if (thread === undefined) continue;
      const entry = entries.get(key.parent);
      if (entry === undefined) threads.set(key.parent, thread);
      else joinThread(entry, thread, found);
      continue;
    }
    if (type !== recordType.folder && type !== recordType.file) {
      found.fault('catalog', `the record of ${rules.show(key)} is of the unknown type ${type}`, {
        offset: at,
      });
      continue;
    }
    const entry = checkRecord(context, key, data, at);
    if (entry === undefined) continue;
    const { id } = entry;
    if (key.name === '') found.fault('catalog', `${entry.kind} ${id} has no name`, { offset: at, id });
    const other = entries.get(id);
    if (other !== undefined) {
      found.fault('catalog', `"${entry.name}" and "${other.name}" have the same id ${id}`, {
        offset: at,
        id,
      });
      continue;
    }
    if (entries.size >= mostEntries) {
      found.fault('catalog', `there are more than ${mostEntries} files and folders; no more are checked`, {
        offset: at,
      });
      break;
    }
    entries.set(id, entry);
    if (entry.kind === 'folder') catalog.folders++;
    else catalog.files++;
    const thread = threads.get(id);
    threads.delete(id);
    if (thread !== undefined) joinThread(entry, thread, found);
  }
  for (const [id, { at }] of threads)
    found.fault('catalog', `a thread record is of ${id}, and there is no such file or folder`, {
      offset: at,
      id,
    });
  for (const { id, kind, thread, at } of entries.values())
    if (!thread) found.fault('catalog', `${kind} ${id} has no thread record`, { offset: at, id });
}

/** How names are compared stands in the tree's header, before any of its keys. */
async function comparesBinary({ header, found }: CheckContext, fork: ForkSource): Promise<boolean> {
  if (fork.size < 512) return false;
  const { keyCompareType } = treeHeader.decode(await fork.read(0, 512), nodeDescriptor.size);
  const hfsx = hfsPlusName(header.signature) === 'HFSX';
  const known = hfsx ? [binaryCompare, foldingCompare] : [0, foldingCompare];
  if (!known.includes(keyCompareType))
    found.fault('catalog', `the catalog file compares names by the unknown type ${keyCompareType}`, {
      offset: fork.at(0) + 14 + 37,
    });
  return hfsx && keyCompareType === binaryCompare;
}
