import { privateFolder } from '../../hard-links.ts';
import { reservedId } from '../../records.ts';
import { hfsPlusName } from '../../volume-header.ts';
import type { CheckContext } from '../blocks/context.ts';
import type { CheckedCatalog, CheckedEntry } from './entry.ts';
import { folderCountFlag } from './record.ts';

/** Checks that all files and folders hang together below the root, and the counts of what is in what. */
export function checkHierarchy(
  { found, header }: CheckContext,
  { entries, files, folders }: CheckedCatalog,
): void {
  const root = entries.get(reservedId.root);
  if (root?.kind !== 'folder' || root.parent !== reservedId.rootParent)
    found.fault(
      'catalog',
      'there is no root folder',
      root === undefined ? {} : { offset: root.at, id: root.id },
    );
  for (const entry of entries.values()) {
    if (entry === root) continue;
    const where = { offset: entry.at, id: entry.id };
    const parent = entries.get(entry.parent);
    if (parent === undefined)
      found.fault(
        'catalog',
        `${entry.kind} ${entry.id} is in folder ${entry.parent}, which does not exist`,
        where,
      );
    else if (parent.kind !== 'folder')
      found.fault('catalog', `${entry.kind} ${entry.id} is in file ${entry.parent}`, where);
    else {
      parent.children++;
      if (entry.kind === 'folder') parent.folders++;
    }
  }
  for (const loop of circles(entries)) {
    found.fault('catalog', `folder ${loop.id} is in a circle of folders`, { offset: loop.at, id: loop.id });
  }
  const counting = hfsPlusName(header.signature) === 'HFSX';
  for (const entry of entries.values()) {
    if (entry.kind !== 'folder') continue;
    const { id, at, fields, children, folders: inside } = entry;
    const where = { offset: at, id };
    const counts = (fields.flags & folderCountFlag) !== 0;
    if (fields.valence !== children)
      found.fault('catalog', `folder ${id} counts ${fields.valence} things in it and has ${children}`, where);
    if (counts && fields.folderCount !== inside)
      found.fault(
        'catalog',
        `folder ${id} counts ${fields.folderCount} folders in it and has ${inside}`,
        where,
      );
    if (!counts && counting) found.fault('catalog', `folder ${id} does not count the folders in it`, where);
    if (counts && !counting && !isPrivate(entry))
      found.remark('catalog', `folder ${id} counts the folders in it, which only HFSX does`, where);
  }
  if (header.fileCount !== files)
    found.fault('header', `it counts ${header.fileCount} files, and there are ${files}`, {
      offset: 1024 + 32,
    });
  const others = folders - (root === undefined ? 0 : 1);
  if (header.folderCount !== others)
    found.fault('header', `it counts ${header.folderCount} folders, and there are ${others}`, {
      offset: 1024 + 36,
    });
}

/** OS X makes those with a count on HFS+ too. */
function isPrivate({ parent, name }: CheckedEntry): boolean {
  return parent === reservedId.root && (name === privateFolder.file || name === privateFolder.folder);
}

/** One folder of each circle that folders make by being in one another. */
function* circles(entries: ReadonlyMap<number, CheckedEntry>): Generator<CheckedEntry> {
  /** The number of the walk that came through first. */
  const walked = new Map<number, number>();
  let walk = 0;
  for (const start of entries.values()) {
    if (start.kind !== 'folder') continue;
    walk++;
    for (
      let entry: CheckedEntry | undefined = start;
      entry !== undefined;
      entry = entries.get(entry.parent)
    ) {
      const before = walked.get(entry.id);
      if (before === walk) yield entry;
      if (before !== undefined) break;
      walked.set(entry.id, walk);
    }
  }
}
