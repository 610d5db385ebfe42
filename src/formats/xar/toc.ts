import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { FormatError, type ByteSource } from '../../base/index.ts';
import { child, readXml, type XmlElement } from '../xml/index.ts';
import { checksumName, checksumNames, xarHeader, xarSignature, type ChecksumName } from './header.ts';
import { range, type Heap } from './heap.ts';

/** A table of contents, its checksum verified. */
export interface TableOfContents {
  readonly contents: XmlElement;
  readonly heap: Heap;
  readonly checksum: ChecksumName;
  /** As it lies in the file. */
  readonly stored: Uint8Array;
}

const largestToc = 32 * 2 ** 20;

/** @returns undefined when the source is no xar archive */
export async function readToc(source: ByteSource): Promise<TableOfContents | undefined> {
  if (source.size < xarHeader.size) return undefined;
  const header = xarHeader.decode(await source.read(0, xarHeader.size));
  if (header.signature !== xarSignature) return undefined;
  const fail = (message: string, offset: number): never => {
    throw new FormatError('xar', message, { offset });
  };
  if (header.version !== 1) return fail(`version ${header.version} is not 1`, 6);
  if (header.headerSize < xarHeader.size || header.headerSize > 1024) {
    return fail(`invalid header size: ${header.headerSize} bytes`, 4);
  }
  const { tocLength, tocSize } = header;
  if (tocSize > BigInt(largestToc) || tocLength > BigInt(largestToc)) {
    return fail(
      `a table of contents of ${tocSize} bytes is larger than the ${largestToc} any archive has`,
      8,
    );
  }
  const start = header.headerSize + Number(tocLength);
  if (start > source.size) {
    return fail(`is truncated: its table of contents ends at ${start} and the file at ${source.size}`, 8);
  }
  const stored = await source.read(header.headerSize, Number(tocLength));
  const toc = decodeToc(stored, Number(tocSize), header.headerSize);
  const root = readXml(toc, 'xar', header.headerSize);
  const contents = child(root, 'toc');
  if (root.name !== 'xar' || contents === undefined) {
    return fail('its table of contents is not <xar><toc>', header.headerSize);
  }

  const heap = { start, fileSize: source.size, tocAt: header.headerSize };
  const checksum = await headerChecksum(source, header);
  await checkToc(source, heap, contents, checksum, stored);
  return { contents, heap, checksum, stored };
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
  heap: Heap,
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
  const { offset, length } = range(element, heap);
  const actual = createHash(name).update(stored).digest();
  if (length !== actual.length) {
    throw new FormatError('xar', `invalid ${name} length: ${length} bytes`, { offset });
  }
  if (actual.equals(await source.read(offset, length))) return;
  throw new FormatError('xar', `the ${name} of its table of contents is wrong`, { offset });
}
