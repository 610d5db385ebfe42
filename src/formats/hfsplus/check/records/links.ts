import { linkedName, privateFolder } from '../../hard-links.ts';
import { fileMode, linkChainFlag, reservedId } from '../../records.ts';
import type { CheckContext } from '../blocks/context.ts';
import type { CheckedCatalog, CheckedEntry } from './entry.ts';
import { folderCircles } from './link-circles.ts';

/** The attribute of a folder behind hard links that names the first of them. */
export const firstLinkAttribute = 'com.apple.system.hfs.firstlink';
/** A bit of a folder's `flags`: a hard link to a folder is somewhere in it. */
const childLinkFlag = 0x40;

/**
 * Checks that hard links lead somewhere, and that what they lead to counts and chains them right.
 * @param firstLinks of folders, the id their attribute has
 */
export function checkLinks(
  context: CheckContext,
  catalog: CheckedCatalog,
  firstLinks: ReadonlyMap<number, number>,
): void {
  const { entries } = catalog;
  const { found, header } = context;
  const dates = new Set([header.createDate]);
  const behind = new Set<CheckedEntry>();
  for (const to of ['file', 'folder'] as const) {
    const { folder, targets } = linked(entries, to, context);
    for (const each of [folder, entries.get(reservedId.root)])
      if (each !== undefined) dates.add(each.fields.createDate);
    for (const target of targets.values()) behind.add(target);
    const links = new Map<number, CheckedEntry[]>();
    for (const entry of entries.values()) {
      if (entry.link !== to) continue;
      const { special, createDate } = entry.fields;
      if (to === 'file' && !dates.has(createDate))
        found.fault(
          'links',
          `the hard link ${entry.id} was not made with the volume, as its date of creation has to say`,
          { offset: entry.at, id: entry.id },
        );
      if (!targets.has(special)) {
        found.fault(
          'links',
          `the hard link ${entry.id} leads to ${linkedName[to]}${special}, which does not exist`,
          { offset: entry.at, id: entry.id },
        );
        continue;
      }
      const list = links.get(special) ?? [];
      links.set(special, list);
      list.push(entry);
    }
    for (const [number, target] of targets) {
      const own = links.get(number) ?? [];
      const fault = (what: string): void =>
        found.fault('links', `${target.kind} ${target.id} behind hard links ${what}`, {
          offset: target.at,
          id: target.id,
        });
      if (target.fields.special !== own.length)
        fault(`counts ${target.fields.special} links and has ${own.length}`);
      const first = to === 'file' ? target.fields.valence : firstLinks.get(target.id);
      checkChain(own, first ?? 0, fault);
    }
    if (to === 'folder') checkFolderLinks(context, entries, links);
  }
  for (const entry of entries.values()) if (!behind.has(entry)) checkUnlinked(entry, context);
}

/** What is not behind hard links says nothing of any. */
function checkUnlinked({ id, kind, link, fields, at }: CheckedEntry, { found }: CheckContext): void {
  const where = { offset: at, id };
  if (link === undefined && (fields.flags & linkChainFlag) !== 0)
    found.fault('links', `${kind} ${id} is flagged as part of a chain of hard links, but is in none`, where);
  if (
    kind === 'file' &&
    link === undefined &&
    (fields.mode & fileMode.kind) === fileMode.file &&
    fields.special > 1
  )
    found.fault('links', `file ${id} counts ${fields.special} links and has one`, where);
}

/** What is behind hard links, by its number. */
function linked(
  entries: ReadonlyMap<number, CheckedEntry>,
  to: 'file' | 'folder',
  { found }: CheckContext,
): { readonly folder: CheckedEntry | undefined; readonly targets: ReadonlyMap<number, CheckedEntry> } {
  const targets = new Map<number, CheckedEntry>();
  let folder: CheckedEntry | undefined;
  const isPrivate = (entry: CheckedEntry | undefined): boolean =>
    entry?.parent === reservedId.root && entry.kind === 'folder' && entry.name === privateFolder[to];
  for (const entry of entries.values()) {
    if (isPrivate(entry)) folder = entry;
    if (!isPrivate(entries.get(entry.parent))) continue;
    const where = { offset: entry.at, id: entry.id };
    const number = entry.name.startsWith(linkedName[to]) ? entry.name.slice(linkedName[to].length) : '';
    if (entry.kind === to && /^\d{1,10}$/.test(number)) targets.set(Number(number), entry);
    else if (/^temp\d+$/.test(entry.name))
      found.remark('links', `${entry.kind} ${entry.id} was removed while it was open`, where);
    else
      found.remark(
        'links',
        `${entry.kind} ${entry.id}, "${entry.name}", does not belong in the private folder of hard links`,
        where,
      );
  }
  return { folder, targets };
}

/** Each link names the one before it and the one after it; those made by Linux, and before OS X 10.5, are in no chain. */
function checkChain(links: readonly CheckedEntry[], first: number, fault: (what: string) => void): void {
  const chained = links.filter(({ fields }) => (fields.flags & linkChainFlag) !== 0);
  if (chained.length === 0) return;
  const byId = new Map(chained.map((link) => [link.id, link]));
  let before = 0;
  let id = first;
  while (id !== 0) {
    const link = byId.get(id);
    if (link === undefined) {
      fault(`has ${id} in its chain of links, which is not one of them or appears twice`);
      return;
    }
    byId.delete(id);
    if (link.fields.owner !== before)
      fault(`has the link ${id}, which names ${link.fields.owner} as the one before it instead of ${before}`);
    before = id;
    id = link.fields.group;
  }
  for (const link of byId.keys()) fault(`has the link ${link}, which is not in its chain`);
}

function checkFolderLinks(
  { found }: CheckContext,
  entries: ReadonlyMap<number, CheckedEntry>,
  links: ReadonlyMap<number, readonly CheckedEntry[]>,
): void {
  const unflagged = new Set<CheckedEntry>();
  for (const link of [...links.values()].flat()) {
    const seen = new Set<number>();
    for (
      let above = entries.get(link.parent);
      above !== undefined && !seen.has(above.id);
      above = entries.get(above.parent)
    ) {
      // The root needs none, nor does the folder that those behind the links are in.
      if (above.id === reservedId.root || above.name === privateFolder.folder) break;
      seen.add(above.id);
      if ((above.fields.flags & childLinkFlag) === 0) unflagged.add(above);
    }
  }
  for (const { id, at } of unflagged)
    found.fault(
      'links',
      `folder ${id} has a folder's hard link in it, but its flags say that it is not there`,
      {
        offset: at,
        id,
      },
    );
  for (const link of folderCircles(entries, links))
    found.fault('links', `the hard link ${link.id} makes a circle of folders`, {
      offset: link.at,
      id: link.id,
    });
}
