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

/** Type and creator of the files that stand for a hard link, at byte 48 of a file's record. */
const marks = [
  { to: 'file', type: fourCharacters('hlnk'), creator: fourCharacters('hfs+') },
  { to: 'folder', type: fourCharacters('fdrp'), creator: fourCharacters('MACS') },
] as const;

function fourCharacters(code: string): number {
  return Buffer.from(code, 'latin1').readUInt32BE(0);
}

/** Is this file a hard link, and what is the number of what it links to? */
export function hardLinkOf(
  entry: Pick<Entry, 'kind' | 'record'>,
): { readonly to: 'file' | 'folder'; readonly number: number } | undefined {
  if (entry.kind !== 'file') return undefined;
  // Asked of every file of a volume, and few are links: only theirs are decoded.
  const to = linkOf(entry.record, entry.record.readUInt16BE(2));
  return to === undefined ? undefined : { to, number: fieldsOf(entry).special };
}

/** What a file's record links to, if it stands for a hard link. @param flags those of the record */
export function linkOf(record: Buffer, flags: number): 'file' | 'folder' | undefined {
  const [type, creator] = [record.readUInt32BE(48), record.readUInt32BE(52)];
  const to = marks.find((mark) => mark.type === type && mark.creator === creator)?.to;
  // Aliases made by the Finder have the same type and creator: only those in a chain are links.
  return to === 'folder' && (flags & linkChainFlag) === 0 ? undefined : to;
}
