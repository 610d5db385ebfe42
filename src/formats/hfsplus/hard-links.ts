import type { Entry } from './catalog.ts';
import { fieldsOf } from './catalog.ts';
import { linkChainFlag, reservedId } from './records.ts';

/** Where the files behind hard links are, and the folders behind those of folders; both in the root folder. */
export const privateFolder = {
  file: '\0\0\0\0HFS+ Private Data',
  folder: '.HFS+ Private Directory Data\r',
} as const;
/** Files in the root folder that are the journal's. */
export const journalNames: ReadonlySet<string> = new Set(['.journal', '.journal_info_block']);
export const linkedName = { file: 'iNode', folder: 'dir_' } as const;

/** Whether something is the volume's own, which its users do not see: what is behind hard links, and the journal. */
export function isVolumesOwn({ parent, name }: Pick<Entry, 'parent' | 'name'>): boolean {
  if (parent !== reservedId.root) return false;
  return name === privateFolder.file || name === privateFolder.folder || journalNames.has(name);
}

/** Type and creator of the files that stand for a hard link. */
const marks: ReadonlyMap<string, 'file' | 'folder'> = new Map([
  ['hlnkhfs+', 'file'],
  ['fdrpMACS', 'folder'],
]);

/** Is this file a hard link, and what is the number of what it links to? */
export function hardLinkOf(
  entry: Pick<Entry, 'kind' | 'record'>,
): { readonly to: 'file' | 'folder'; readonly number: number } | undefined {
  if (entry.kind !== 'file') return undefined;
  const { special, flags } = fieldsOf(entry);
  const to = linkOf(entry.record, flags);
  return to === undefined ? undefined : { to, number: special };
}

/** What a file's record links to, if it stands for a hard link. */
export function linkOf(record: Buffer, flags: number): 'file' | 'folder' | undefined {
  const to = marks.get(record.toString('latin1', 48, 56));
  // Aliases made by the Finder have the same type and creator: only those in a chain are links.
  return to === 'folder' && (flags & linkChainFlag) === 0 ? undefined : to;
}
