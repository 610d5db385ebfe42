import { catalogRecord } from '../../records.ts';
import { hardLinkOf } from '../../hard-links.ts';
import { folderCountFlag, threadFlag } from './metadata.ts';
import { chainLinks } from './chain.ts';
import type { Item, Model } from './model.ts';

const flagsAt = 2;
const valenceAt = 4;
const folderCountAt = catalogRecord.size - 4;

/** What of the records follows from the rest: counts, chains of hard links, flags. */
export function finishRecords(model: Model): void {
  chainLinks(model);
  for (const item of model.items.values()) {
    if (item.children === undefined) setThreadFlag(item);
    else setCounts(item, item.children);
  }
}

function setThreadFlag(item: Item): void {
  const flags = item.record.readUInt16BE(flagsAt);
  if ((flags & threadFlag) !== 0) return;
  item.record = Buffer.from(item.record);
  item.record.writeUInt16BE(flags | threadFlag, flagsAt);
}

function setCounts(item: Item, children: ReadonlyMap<string, Item>): void {
  const { record } = item;
  const counts = (record.readUInt16BE(flagsAt) & folderCountFlag) !== 0;
  let folders = counts ? 0 : record.readUInt32BE(folderCountAt);
  if (counts)
    for (const child of children.values())
      if (child.kind === 'folder' || hardLinkOf(child)?.to === 'folder') folders++;
  if (record.readUInt32BE(valenceAt) === children.size && record.readUInt32BE(folderCountAt) === folders)
    return;
  item.record = Buffer.from(record);
  item.record.writeUInt32BE(children.size, valenceAt);
  item.record.writeUInt32BE(folders, folderCountAt);
}
