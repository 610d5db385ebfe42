import { FormatError } from '../../base/index.ts';
import { child, type XmlElement } from '../xml/index.ts';
import { checksumName, type ChecksumName } from './header.ts';
import { number, printable, range, type Heap } from './heap.ts';

export type MemberKind = 'file' | 'folder' | 'link' | 'other';

/** What a xar archive lists: a file, a folder … */
export interface XarMember {
  /** From the root of the archive, parts joined by "/"; none of them is empty, "." or "..". */
  readonly path: string;
  readonly kind: MemberKind;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly time: number | undefined;
  /** Of a link. */
  readonly target: string | undefined;
  /** Of a further name of a file: the path of its first one, whose data it has. */
  readonly hardLinkTo: string | undefined;
  /** Absent of an empty file. */
  readonly data: XarData | undefined;
}

/** Where the bytes of a member lie and what they are to become. Its range has been held against the file. */
export interface XarData {
  /** In the file, in bytes. */
  readonly offset: number;
  /** As stored. */
  readonly length: number;
  /** Decoded. */
  readonly size: number;
  /** A MIME type. */
  readonly encoding: string;
  readonly stored: Checksum | undefined;
  readonly decoded: Checksum | undefined;
}

export interface Checksum {
  readonly name: Exclude<ChecksumName, 'none'>;
  /** Lower-case hexadecimal digits. */
  readonly value: string;
}

/** All that a table of contents lists, folders before what is in them. */
export function listMembers(contents: XmlElement, heap: Heap): XarMember[] {
  const members: Listed[] = [];
  collect(contents, '', members, heap);
  return resolveLinks(members, heap);
}

/** A member as it is listed, and what joins the names of one file. */
interface Listed {
  readonly member: XarMember;
  readonly id: string | undefined;
  /** Of a further name: the first one's id. */
  readonly link: string | undefined;
}

/** Gives further names of a file what the first one has, which may come after them. */
function resolveLinks(listed: readonly Listed[], heap: Heap): XarMember[] {
  const firsts = new Map<string, XarMember>();
  for (const { member, id, link } of listed)
    if (id !== undefined && link === undefined && member.kind === 'file') firsts.set(id, member);
  return listed.map(({ member, link }) => {
    if (link === undefined) return member;
    const first = firsts.get(link);
    if (first === undefined) {
      throw new FormatError(
        'xar',
        `the hard link "${printable(member.path)}" leads to no file (id "${printable(link)}")`,
        {
          offset: heap.tocAt,
        },
      );
    }
    const { data, mode, time } = first;
    return { ...member, data, mode, time, hardLinkTo: first.path };
  });
}

function collect(parent: XmlElement, below: string, members: Listed[], heap: Heap): void {
  for (const element of parent.children) {
    if (element.name !== 'file') continue;
    const name = memberName(element, heap);
    const path = below === '' ? name : `${below}/${name}`;
    const type = child(element, 'type');
    const kind = memberKind(type?.text.trim(), path, heap);
    const link = type?.text.trim() === 'hardlink' ? type.attributes.get('link') : undefined;
    const data = child(element, 'data');
    const mode = child(element, 'mode')?.text.trim() ?? '';
    const time = Date.parse(child(element, 'mtime')?.text.trim() ?? '');
    const member: XarMember = {
      path,
      kind,
      mode: /^[0-7]{1,6}$/.test(mode) ? parseInt(mode, 8) & 0o7777 : kind === 'folder' ? 0o755 : 0o644,
      time: Number.isNaN(time) ? undefined : time / 1000,
      target: kind === 'link' ? child(element, 'link')?.text : undefined,
      hardLinkTo: undefined,
      data: data === undefined ? undefined : memberData(data, heap),
    };
    members.push({ member, id: element.attributes.get('id'), link: link === 'original' ? undefined : link });
    collect(element, path, members, heap);
  }
}

/** A name that has slashes is a path: some writers do not nest. */
function memberName(element: XmlElement, heap: Heap): string {
  const given = child(element, 'name');
  const text = given?.text ?? '';
  const name =
    given?.attributes.get('enctype') === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text;
  const parts = name.split('/');
  if (name.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new FormatError('xar', `the name "${printable(name)}" is not one of a file`, {
      offset: heap.tocAt,
    });
  }
  return name;
}

/** What is there besides and cannot be extracted. */
const otherTypes = new Set(['fifo', 'socket', 'character special', 'block special', 'whiteout']);

function memberKind(type: string | undefined, path: string, heap: Heap): MemberKind {
  switch (type) {
    case 'file':
    case 'hardlink':
    case undefined:
      return 'file';
    case 'directory':
      return 'folder';
    case 'symlink':
      return 'link';
    default:
      if (otherTypes.has(type)) return 'other';
      throw new FormatError(
        'xar',
        `"${printable(path)}" is of the type "${printable(type)}", which is not known`,
        {
          offset: heap.tocAt,
        },
      );
  }
}

function memberData(element: XmlElement, heap: Heap): XarData {
  const { offset, length } = range(element, heap, 'length');
  return {
    offset,
    length,
    size: number(element, 'size', heap.tocAt),
    encoding: child(element, 'encoding')?.attributes.get('style') ?? 'application/octet-stream',
    stored: memberChecksum(element, 'archived-checksum', heap),
    decoded:
      memberChecksum(element, 'extracted-checksum', heap) ??
      memberChecksum(element, 'unarchived-checksum', heap),
  };
}

function memberChecksum(data: XmlElement, name: string, heap: Heap): Checksum | undefined {
  const element = child(data, name);
  if (element === undefined) return undefined;
  const style = element.attributes.get('style') ?? '';
  const known = checksumName(style);
  if (known === undefined) {
    throw new FormatError('xar', `the checksum "${printable(style)}" is not known`, { offset: heap.tocAt });
  }
  return known === 'none' ? undefined : { name: known, value: element.text.trim().toLowerCase() };
}
