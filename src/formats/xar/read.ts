import { FormatError, type ByteSource } from '../../base/index.ts';
import { child, type XmlElement } from '../xml/index.ts';
import type { ChecksumName } from './header.ts';
import { range } from './heap.ts';
import { listMembers, type XarMember } from './members.ts';
import { readToc, type TableOfContents } from './toc.ts';

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

const largestSignature = 2 ** 20;

/** Reads the table of contents and verifies its checksum. @returns undefined when the source is no xar archive */
export async function readXar(source: ByteSource): Promise<Xar | undefined> {
  const toc = await readToc(source);
  if (toc === undefined) return undefined;
  const { contents, heap, checksum } = toc;
  const signatures: StoredSignature[] = [];
  for (const element of contents.children) {
    if (element.name === 'signature' || element.name === 'x-signature')
      signatures.push(await readSignature(source, element, toc));
  }
  return { members: listMembers(contents, heap), checksum, signatures };
}

async function readSignature(
  source: ByteSource,
  element: XmlElement,
  { heap, checksum, stored }: TableOfContents,
): Promise<StoredSignature> {
  const { offset, length } = range(element, heap);
  if (length > largestSignature)
    throw new FormatError('xar', `invalid signature length: ${length} bytes`, { offset });
  return {
    style: element.attributes.get('style') ?? '',
    bytes: await source.read(offset, length),
    certificates: certificates(element),
    signed: stored,
    checksum,
  };
}

function certificates(signature: XmlElement): Uint8Array[] {
  const found = child(child(signature, 'KeyInfo'), 'X509Data')?.children ?? [];
  return found
    .filter((each) => each.name === 'X509Certificate')
    .map((each) => new Uint8Array(Buffer.from(each.text, 'base64')));
}
