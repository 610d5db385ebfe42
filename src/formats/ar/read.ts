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

/** An ar archive's first eight bytes. */
export const archiveMagic = '!<arch>\n';
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

/** Indexes of symbols: BSD's, its sorted and 64-bit forms, and GNU's. What members define is read from the members. */
const indexes = new Set([
  '__.SYMDEF',
  '__.SYMDEF SORTED',
  '__.SYMDEF_64',
  '__.SYMDEF_64 SORTED',
  '/',
  '/SYM64/',
]);

/**
 * Lists the members of a static library, whose names may be as BSD (`#1/20`) or GNU (`name/`, `/42`) writes them.
 * @throws FormatError when it is truncated, malformed or a thin archive
 */
export async function readArchive(source: ByteSource): Promise<ArchiveMember[]> {
  const magic = await textAt(source, 0, Math.min(archiveMagic.length, source.size));
  if (magic === thinMagic) throw new FormatError('ar', 'a thin archive holds no files, only their names');
  if (magic !== archiveMagic) throw new FormatError('ar', 'this is not an archive', { offset: 0 });
  const members: ArchiveMember[] = [];
  let names = '';
  for (let at = archiveMagic.length; at < source.size;) {
    const { name, size } = await readHeader(source, at);
    const offset = at + memberHeader.size;
    if (size > source.size - offset) {
      const message = `the member ${name} is truncated: ${size} bytes of which ${source.size - offset} are there`;
      throw new FormatError('ar', message, { offset: at });
    }
    const end = offset + size;
    if (name === '//') names = await textAt(source, offset, size);
    else if (!indexes.has(name)) {
      const long = await longName(source, { name, offset, size, at }, names);
      const start = offset + long.length;
      if (!indexes.has(long.name)) {
        members.push({ name: long.name, offset: start, content: slice(source, start, end - start) });
      }
    }
    // Members begin at even offsets; the last one may lack its padding.
    at = end + (end % 2);
  }
  return members;
}

async function readHeader(source: ByteSource, at: number): Promise<{ name: string; size: number }> {
  const length = Math.min(memberHeader.size, source.size - at);
  const header = memberHeader.decode(await source.read(at, length), 0, at);
  if (header.end !== '`\n' || !/^\d+ *$/.test(header.size)) {
    throw new FormatError('ar', 'this is not the header of a member', { offset: at });
  }
  return { name: header.name.trimEnd(), size: Number(header.size) };
}

/** The name, and how many bytes of it lie before the content. */
async function longName(
  source: ByteSource,
  { name, offset, size, at }: { name: string; offset: number; size: number; at: number },
  names: string,
): Promise<{ name: string; length: number }> {
  const bsd = /^#1\/(\d+)$/.exec(name);
  if (bsd !== null) {
    const length = Number(bsd[1]);
    if (length > Math.min(size, longestName)) {
      throw new FormatError('ar', `a name of ${length} bytes in a member of ${size}`, { offset: at });
    }
    return { name: (await textAt(source, offset, length)).replace(/\0+$/, ''), length };
  }
  const gnu = /^\/(\d+)$/.exec(name);
  if (gnu === null) return { name: name.replace(/\/$/, ''), length: 0 };
  const start = Number(gnu[1]);
  const end = names.indexOf('/\n', start);
  if (start >= names.length || end < 0 || end - start > longestName) {
    throw new FormatError('ar', `the archive has no name at ${start} of its name table`, { offset: at });
  }
  return { name: names.slice(start, end), length: 0 };
}

async function textAt(source: ByteSource, offset: number, length: number): Promise<string> {
  return Buffer.from(await source.read(offset, length)).toString('latin1');
}
