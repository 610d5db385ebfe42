import { createHash } from 'node:crypto';
import { deflateByNode, type Deflate } from '../stream/index.ts';
import { escape } from '../xml/index.ts';
import { checksumNames, xarHeader, xarSignature } from './header.ts';

/** A file or folder of an archive that is written. */
export interface NewMember {
  /** Its last part is the name; its folders are members before it, or made. */
  readonly path: string;
  /** Undefined: a folder. */
  readonly data?: Uint8Array;
  /** Stored as they are unless told otherwise. */
  readonly compress?: boolean;
  readonly mode?: number;
  /** Seconds since 1970. */
  readonly time?: number;
}

interface Node {
  readonly member: NewMember | undefined;
  readonly folders: Map<string, Node>;
}

/** Writes a xar archive with SHA-1 checksums, as installer packages have them. */
export function writeXar(members: readonly NewMember[], deflate: Deflate = deflateByNode): Uint8Array {
  const root: Node = { member: undefined, folders: new Map() };
  for (const member of members) insert(root, member);
  const heap: Uint8Array[] = [new Uint8Array(sha1Size)];
  let heapSize = sha1Size;
  let id = 0;

  const store = (data: Uint8Array, compress: boolean): string => {
    const stored = compress ? deflate(data, level) : data;
    const xml =
      `<data><length>${stored.length}</length><offset>${heapSize}</offset><size>${data.length}</size>` +
      `<encoding style="application/${compress ? 'x-gzip' : 'octet-stream'}"/>` +
      `<archived-checksum style="sha1">${sha1(stored)}</archived-checksum>` +
      `<extracted-checksum style="sha1">${sha1(data)}</extracted-checksum></data>`;
    heap.push(stored);
    heapSize += stored.length;
    return xml;
  };
  const show = (node: Node): string =>
    [...node.folders]
      .map(([name, { member, folders }]) => {
        const { data, compress = false, time = 0 } = member ?? {};
        const mode = member?.mode ?? (data === undefined ? 0o755 : 0o644);
        const stored = data === undefined || data.length === 0 ? '' : store(data, compress);
        return (
          `<file id="${++id}">${stored}<mtime>${isoTime(time)}</mtime><mode>${mode.toString(8).padStart(4, '0')}</mode>` +
          `<type>${data === undefined ? 'directory' : 'file'}</type><name>${escape(name)}</name>` +
          `${show({ member: undefined, folders })}</file>\n`
        );
      })
      .join('');

  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\n<xar><toc>' +
    `<creation-time>${isoTime(0)}</creation-time>` +
    `<checksum style="sha1"><offset>0</offset><size>${sha1Size}</size></checksum>\n${show(root)}</toc></xar>\n`;
  const plain = Buffer.from(xml);
  const toc = deflate(plain, level);
  const header = xarHeader.encode({
    signature: xarSignature,
    headerSize: xarHeader.size,
    version: 1,
    tocLength: BigInt(toc.length),
    tocSize: BigInt(plain.length),
    checksum: checksumNames.indexOf('sha1'),
  });
  heap[0] = createHash('sha1').update(toc).digest();
  return Buffer.concat([header, toc, ...heap]);
}

const sha1Size = 20;
/** zlib's own default. */
const level = 6;

function sha1(data: Uint8Array): string {
  return createHash('sha1').update(data).digest('hex');
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}

function insert(root: Node, member: NewMember): void {
  const parts = member.path.split('/');
  const name = parts.pop() ?? '';
  let node = root;
  for (const part of parts) {
    let next = node.folders.get(part);
    if (next === undefined) node.folders.set(part, (next = { member: undefined, folders: new Map() }));
    if (next.member?.data !== undefined) throw new RangeError(`"${member.path}" lies in a file`);
    node = next;
  }
  if (name === '' || node.folders.has(name)) throw new RangeError(`"${member.path}" is there already`);
  node.folders.set(name, { member, folders: new Map() });
}
