import { fieldsOf } from '../../catalog.ts';
import { privateFolder } from '../../hard-links.ts';
import { linkChainFlag } from '../../records.ts';
import { attributesFlag, childLinkFlag, withFields } from './metadata.ts';
import type { EditedAttribute, Item, Model } from './model.ts';

/** Of a folder behind hard links: the first of them, in decimal digits and a NUL. */
export const firstLinkName = 'com.apple.system.hfs.firstlink';

/** Numbers the links of what has changed: each names the one before and the one after it, the inode the first. */
export function chainLinks(model: Model): void {
  for (const to of ['file', 'folder'] as const)
    for (const inode of model.inodes[to].values()) {
      if (!inode.changed) continue;
      const links = [...inode.links];
      links.forEach((link, index) => {
        link.record = withFields(link.record, {
          flags: fieldsOf(link).flags | linkChainFlag,
          owner: links[index - 1]?.id ?? 0,
          group: links[index + 1]?.id ?? 0,
        });
      });
      setFirst(model, inode.item, links);
      if (to === 'folder') for (const link of links) markAncestors(model, link);
    }
}

function setFirst(model: Model, item: Item, links: readonly Item[]): void {
  const first = links[0]?.id ?? 0;
  const flags = fieldsOf(item).flags | linkChainFlag;
  if (item.kind === 'file') {
    item.record = withFields(item.record, { flags, valence: first, special: links.length });
    return;
  }
  item.record = withFields(item.record, { flags: flags | attributesFlag, special: links.length });
  const own = new Map<string, EditedAttribute>(model.attributes.get(item.id));
  own.set(firstLinkName, { kind: 'inline', data: Buffer.from(`${first}\0`) });
  model.attributes.set(item.id, own);
}

/** Folders above a folder's hard link say so, except for the root and the private folder. */
function markAncestors({ root, fold }: Model, link: Item): void {
  const last = new Set([root, root.children?.get(fold(privateFolder.folder))]);
  for (let folder = link.parent; folder !== undefined && !last.has(folder); folder = folder.parent) {
    const { flags } = fieldsOf(folder);
    if ((flags & childLinkFlag) === 0)
      folder.record = withFields(folder.record, { flags: flags | childLinkFlag });
  }
}
