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

const magic = '!<arch>\n';
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
  ...['__.SYMDEF', '__.SYMDEF SORTED', '__.SYMDEF_64', '__.SYMDEF_64 SORTED'],
  ...['/', '/SYM64/'],
]);

/** An archive being read, under the name that messages call it. */
interface Archive {
  readonly name: string;
  readonly source: ByteSource;
}

/**
 * Lists the members of a static library, whose names may be as BSD (`#1/20`) or GNU (`name/`, `/42`) writes them.
 * @param name as messages call it
 * @throws FormatError when it is truncated, malformed, thin or no archive
 */
export async function readArchive(name: string, source: ByteSource): Promise<ArchiveMember[]> {
  const archive = { name, source };
  const begin = await textAt(source, 0, Math.min(magic.length, source.size));
  if (begin === thinMagic) bad(archive, 'a thin archive names its files but does not contain them', 0);
  if (begin !== magic) bad(archive, 'this is neither a Mach-O object of 32 bits nor an archive', 0);
  const members: ArchiveMember[] = [];
  let names = '';
  for (let at = magic.length; at < source.size;) {
    const header = await readHeader(archive, at);
    const offset = at + memberHeader.size;
    const end = offset + header.size;
    if (header.name === '//') names = await textAt(source, offset, header.size);
    else if (!indexes.has(header.name)) {
      const long = await longName(archive, header, at, names);
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

async function readHeader(archive: Archive, at: number): Promise<{ name: string; size: number }> {
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
  return { name, size };
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
