import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { FormatError, type ByteSource } from '../../base/index.ts';
import { child, readXml, type XmlElement } from '../xml/index.ts';
import { checksumName, checksumNames, xarHeader, xarSignature, type ChecksumName } from './header.ts';

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

export interface Xar {
  readonly members: readonly XarMember[];
  /** Of the table of contents; it has been verified. */
  readonly checksum: ChecksumName;
  readonly signatures: readonly StoredSignature[];
}

/** A signature over the table of contents, as it is stored. */
export interface StoredSignature {
  /** "RSA", or "CMS". */
  readonly style: string;
  readonly bytes: Uint8Array;
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[];
  /** What it is over: the table of contents as stored, by its checksum. */
  readonly signed: Uint8Array;
  readonly checksum: ChecksumName;
}

const largestToc = 32 * 2 ** 20;
const largestSignature = 2 ** 20;

/** Reads the table of contents and verifies its checksum. @returns undefined when the source is no xar archive */
export async function readXar(source: ByteSource): Promise<Xar | undefined> {
  if (source.size < xarHeader.size) return undefined;
  const header = xarHeader.decode(await source.read(0, xarHeader.size));
  if (header.signature !== xarSignature) return undefined;
  const fail = (message: string, offset: number): never => {
    throw new FormatError('xar', message, { offset });
  };
  if (header.version !== 1) return fail(`version ${header.version} is not 1`, 6);
  if (header.headerSize < xarHeader.size || header.headerSize > 1024) {
    return fail(`a header of ${header.headerSize} bytes is none`, 4);
  }
  const { tocLength, tocSize } = header;
  if (tocSize > BigInt(largestToc) || tocLength > BigInt(largestToc)) {
    return fail(
      `a table of contents of ${tocSize} bytes is larger than the ${largestToc} any archive has`,
      8,
    );
  }
  const heap = header.headerSize + Number(tocLength);
  if (heap > source.size) {
    return fail(`is truncated: its table of contents ends at ${heap} and the file at ${source.size}`, 8);
  }
  const stored = await source.read(header.headerSize, Number(tocLength));
  const toc = decodeToc(stored, Number(tocSize), header.headerSize);
  const root = readXml(toc, 'xar', header.headerSize);
  const contents = child(root, 'toc');
  if (root.name !== 'xar' || contents === undefined) {
    return fail('its table of contents is not <xar><toc>', header.headerSize);
  }

  const name = await headerChecksum(source, header);
  await checkToc(source, heap, contents, name, stored);
  const members: XarMember[] = [];
  const place = { heap, fileSize: source.size, at: header.headerSize };
  collect(contents, '', members, place);
  const signatures: StoredSignature[] = [];
  for (const each of contents.children) {
    if (each.name !== 'signature' && each.name !== 'x-signature') continue;
    const { offset, length } = range(each, place);
    if (length > largestSignature) return fail(`a signature of ${length} bytes is none`, offset);
    signatures.push({
      style: each.attributes.get('style') ?? '',
      bytes: await source.read(offset, length),
      certificates: certificates(each),
      signed: stored,
      checksum: name,
    });
  }
  return { members, checksum: name, signatures };
}

function decodeToc(stored: Uint8Array, size: number, at: number): Uint8Array {
  const fail = (message: string): FormatError =>
    new FormatError('xar', `its table of contents ${message}`, { offset: at });
  let toc: Uint8Array;
  try {
    toc = inflateSync(stored, { maxOutputLength: Math.max(size, 1) });
  } catch (cause) {
    throw fail(`does not decode to ${size} bytes: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (toc.length !== size) throw fail(`decodes to ${toc.length} bytes instead of ${size}`);
  return toc;
}

async function headerChecksum(
  source: ByteSource,
  header: { readonly headerSize: number; readonly checksum: number },
): Promise<ChecksumName> {
  const room = header.headerSize - xarHeader.size;
  if (header.checksum === 3 && room >= 4) {
    const text = Buffer.from(await source.read(xarHeader.size, room))
      .toString('latin1')
      .replace(/\0.*$/s, '');
    const named = checksumName(text);
    if (named !== undefined) return named;
  }
  const name = checksumNames[header.checksum];
  if (name === undefined) {
    throw new FormatError('xar', `the checksum ${header.checksum} is not one of 0 to 4`, { offset: 24 });
  }
  return name;
}

async function checkToc(
  source: ByteSource,
  heap: number,
  contents: XmlElement,
  name: ChecksumName,
  stored: Uint8Array,
): Promise<void> {
  const element = child(contents, 'checksum');
  if (name === 'none' && element === undefined) return;
  const style = element?.attributes.get('style') ?? '';
  if (element === undefined || name === 'none' || checksumName(style) !== name) {
    throw new FormatError(
      'xar',
      `its header names the checksum ${name} and its table of contents "${style}"`,
      {
        offset: 24,
      },
    );
  }
  const { offset, length } = range(element, { heap, fileSize: source.size, at: heap });
  const actual = createHash(name).update(stored).digest();
  if (length !== actual.length) {
    throw new FormatError('xar', `a ${name} of ${length} bytes is none`, { offset });
  }
  if (actual.equals(await source.read(offset, length))) return;
  throw new FormatError('xar', `the ${name} of its table of contents is wrong`, { offset });
}

interface Place {
  readonly heap: number;
  readonly fileSize: number;
  /** Of the table of contents, for errors. */
  readonly at: number;
}

/** Its offset counts from the heap; its bytes have to lie in the file. */
function range(element: XmlElement, place: Place, lengthName = 'size'): { offset: number; length: number } {
  const offset = place.heap + number(element, 'offset', place.at);
  const length = number(element, lengthName, place.at);
  if (offset + length <= place.fileSize) return { offset, length };
  throw new FormatError(
    'xar',
    `<${element.name}> lies from ${offset} to ${offset + length} and the file ends at ${place.fileSize}; it is truncated or damaged`,
    { offset: Math.min(offset, place.fileSize) },
  );
}

function number(element: XmlElement, name: string, at: number): number {
  const text = child(element, name)?.text.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new FormatError('xar', `<${name}> of <${element.name}> is "${printable(text)}", not a number`, {
    offset: at,
  });
}

function collect(parent: XmlElement, below: string, members: XarMember[], place: Place): void {
  for (const element of parent.children) {
    if (element.name !== 'file') continue;
    const name = memberName(element, place);
    const path = below === '' ? name : `${below}/${name}`;
    const kind = memberKind(child(element, 'type')?.text.trim());
    const data = child(element, 'data');
    const mode = child(element, 'mode')?.text.trim() ?? '';
    const time = Date.parse(child(element, 'mtime')?.text.trim() ?? '');
    members.push({
      path,
      kind,
      mode: /^[0-7]{1,6}$/.test(mode) ? parseInt(mode, 8) & 0o7777 : kind === 'folder' ? 0o755 : 0o644,
      time: Number.isNaN(time) ? undefined : time / 1000,
      target: kind === 'link' ? child(element, 'link')?.text : undefined,
      data: data === undefined ? undefined : memberData(data, place),
    });
    collect(element, path, members, place);
  }
}

/** A name that has slashes is a path: some writers do not nest. */
function memberName(element: XmlElement, place: Place): string {
  const given = child(element, 'name');
  const text = given?.text ?? '';
  const name =
    given?.attributes.get('enctype') === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text;
  const parts = name.split('/');
  if (name.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new FormatError('xar', `the name "${printable(name)}" is not one of a file`, { offset: place.at });
  }
  return name;
}

function memberKind(type: string | undefined): MemberKind {
  switch (type) {
    case 'file':
    case undefined:
      return 'file';
    case 'directory':
      return 'folder';
    case 'symlink':
      return 'link';
    default:
      return 'other';
  }
}

function memberData(element: XmlElement, place: Place): XarData {
  const { offset, length } = range(element, place, 'length');
  return {
    offset,
    length,
    size: number(element, 'size', place.at),
    encoding: child(element, 'encoding')?.attributes.get('style') ?? 'application/octet-stream',
    stored: memberChecksum(element, 'archived-checksum', place),
    decoded:
      memberChecksum(element, 'extracted-checksum', place) ??
      memberChecksum(element, 'unarchived-checksum', place),
  };
}

function memberChecksum(data: XmlElement, name: string, place: Place): Checksum | undefined {
  const element = child(data, name);
  if (element === undefined) return undefined;
  const style = element.attributes.get('style') ?? '';
  const known = checksumName(style);
  if (known === undefined) {
    throw new FormatError('xar', `the checksum "${printable(style)}" is not known`, { offset: place.at });
  }
  return known === 'none' ? undefined : { name: known, value: element.text.trim().toLowerCase() };
}

function certificates(signature: XmlElement): Uint8Array[] {
  const found = child(child(signature, 'KeyInfo'), 'X509Data')?.children ?? [];
  return found
    .filter((each) => each.name === 'X509Certificate')
    .map((each) => new Uint8Array(Buffer.from(each.text, 'base64')));
}

/** Text from outside, fit for a line of an error message. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 80);
}
