import { FormatError, type ByteSource } from '../../base/index.ts';
import { slice } from '../source/index.ts';
import { struct, text } from '../struct/index.ts';

/** A file in an archive, without the archive's own index and name table. */
export interface ArchiveMember {
  readonly name: string;
  /** Where its content begins, in bytes from the archive's beginning. */
  readonly offset: number;
  readonly content: ByteSource;
}

/** What an archive begins with. */
export const arMagic = '!<arch>\n';
const thinMagic = '!<thin>\n';

/** Before each member, at an even offset: text padded with spaces, numbers in decimal (ar(5)). */
const memberHeader = struct('ar.header', {
  name: text(16),
  date: text(12),
  owner: text(6),
  group: text(6),
  mode: text(8),
  size: text(10),
  end: text(2),
});

const longestName = 4096;
/** Bytes of all that a name table holds. */
const longestNames = 16 << 20;

/** Indexes of symbols: BSD's, its sorted and 64-bit forms, and GNU's. What members define is read from the members. */
const indexes = new Set([
  ...['__.SYMDEF', '__.SYMDEF SORTED', '__.SYMDEF_64', '__.SYMDEF_64 SORTED'],
  ...['/', '/SYM64/'],
]);

/** An archive being read, under the name that messages call it. */
interface Archive {
  readonly name: string;
  readonly source: ByteSource;
}

/** A member as it lies in an archive, its index and name table among them. */
export interface RawMember {
  /** As written: `/` and `//` for GNU's index and name table. */
  readonly name: string;
  /** Decimal, the mode octal; not read further. */
  readonly fields: Readonly<Record<'mtime' | 'uid' | 'gid' | 'mode', string>>;
  /** An index of symbols, or the table of names: it follows from the others. */
  readonly isDerived: boolean;
  /** Where its header begins, where that ends, where the content begins, and where that ends. */
  readonly at: number;
  readonly offset: number;
  readonly content: number;
  readonly end: number;
}

/**
 * Reads the members of an archive, whose names may be as BSD (`#1/20`) or GNU (`name/`, `/42`) writes them.
 * @param name as messages call it
 * @throws FormatError when it is truncated, malformed, thin or no archive
 */
export async function* rawMembers(name: string, source: ByteSource): AsyncGenerator<RawMember> {
  const archive = { name, source };
  const begin = await textAt(source, 0, Math.min(arMagic.length, source.size));
  if (begin === thinMagic) bad(archive, 'a thin archive names its files but does not contain them', 0);
  if (begin !== arMagic) bad(archive, 'this is neither a Mach-O object of 32 bits nor an archive', 0);
  let names = '';
  for (let at = arMagic.length; at < source.size;) {
    const header = await readHeader(archive, at);
    const offset = at + memberHeader.size;
    const end = offset + header.size;
    const { fields } = header;
    if (header.name === '//') {
      if (header.size > longestNames) bad(archive, `its name table has ${header.size} bytes`, at);
      names = await textAt(source, offset, header.size);
    }
    const isTable = header.name === '//' || indexes.has(header.name);
    const long = isTable ? { name: header.name, length: 0 } : await longName(archive, header, at, names);
    const isDerived = isTable || indexes.has(long.name);
    yield { name: long.name, fields, isDerived, at, offset, content: offset + long.length, end };
    // Members begin at even offsets; the last one may lack its padding.
    at = end + (end % 2);
  }
}

/** Lists the members of a static library. @throws FormatError as `rawMembers` */
export async function readArchive(name: string, source: ByteSource): Promise<ArchiveMember[]> {
  const members: ArchiveMember[] = [];
  for await (const { name: member, isDerived, content, end } of rawMembers(name, source))
    if (!isDerived)
      members.push({ name: member, offset: content, content: slice(source, content, end - content) });
  return members;
}

async function readHeader(
  archive: Archive,
  at: number,
): Promise<Pick<RawMember, 'name' | 'fields'> & { readonly size: number }> {
  const left = archive.source.size - at;
  if (left < memberHeader.size) bad(archive, `it is truncated: a member's header has ${left} bytes`, at);
  const header = memberHeader.decode(await archive.source.read(at, memberHeader.size), 0, at);
  if (header.end !== '`\n' || !/^\d+ *$/.test(header.size)) {
    bad(archive, 'this is not the header of a member', at);
  }
  const [name, size] = [header.name.trimEnd(), Number(header.size)];
  const there = left - memberHeader.size;
  if (size > there) {
    bad(
      archive,
      `it is truncated: ${there} of the ${size} bytes of its member ${name.replace(/(?<=.)\/$/, '')} are there`,
      at,
    );
  }
  const { date, owner, group, mode } = header;
  const fields = { mtime: date.trim(), uid: owner.trim(), gid: group.trim(), mode: mode.trim() };
  return { name, size, fields };
}

/** The name, and how many bytes of it lie before the content. */
async function longName(
  archive: Archive,
  { name, size }: { name: string; size: number },
  at: number,
  names: string,
): Promise<{ name: string; length: number }> {
  const bsd = /^#1\/(\d+)$/.exec(name);
  if (bsd !== null) {
    const length = Number(bsd[1]);
    if (length > Math.min(size, longestName))
      bad(archive, `a name of ${length} bytes in a member of ${size}`, at);
    const padded = await textAt(archive.source, at + memberHeader.size, length);
    return { name: padded.replace(/\0+$/, ''), length };
  }
  const gnu = /^\/(\d+)$/.exec(name);
  if (gnu === null) return { name: name.replace(/\/$/, ''), length: 0 };
  const start = Number(gnu[1]);
  const [rest = ''] = names.slice(start, start + longestName).split('/\n', 1);
  if (!names.startsWith('/\n', start + rest.length) || rest === '') {
    bad(archive, `there is no name at ${start} of its name table`, at);
  }
  return { name: rest, length: 0 };
}

async function textAt(source: ByteSource, offset: number, length: number): Promise<string> {
  return Buffer.from(await source.read(offset, length)).toString('latin1');
}

function bad(archive: Archive, message: string, offset: number): never {
  throw new FormatError('ar', `${archive.name}: ${message}`, { offset });
}
