import { createHash } from 'node:crypto';
import { FormatError, type ByteSource } from '../../base/index.ts';
import {
  chunklistEntry,
  chunklistHeader,
  chunklistMagic,
  signatureMethods,
  signatureSizes,
} from './layout.ts';

/** What vouches for the list. */
export type Signature =
  | { readonly kind: 'rsa-2048'; /** Big-endian, as OpenSSL takes it. */ readonly bytes: Uint8Array }
  /** A SHA-256 that anyone can make; it has been checked. */
  | { readonly kind: 'digest' }
  | { readonly kind: 'unknown'; readonly method: number };

export interface Chunklist {
  /** Of the file it describes, in their order. */
  readonly chunks: readonly { readonly size: number; readonly sha256: Uint8Array }[];
  /** Of the file it describes, in bytes. */
  readonly size: number;
  readonly signature: Signature;
  /** What the signature signs: the list's own bytes before it. */
  readonly signed: Uint8Array;
}

/** A list for 1 TB in chunks of 10 MiB takes 4 MB. */
const largestFile = 64 * 2 ** 20;

/** Reads a chunklist whole, and checks its digest where that is what it ends with. */
export async function readChunklist(source: ByteSource): Promise<Chunklist> {
  const fail = (message: string, offset: number): never => {
    throw new FormatError('chunklist', message, { offset });
  };
  if (source.size > largestFile) fail(`${source.size} bytes are too many for a list`, 0);
  const file = await source.read(0, source.size);
  const header = chunklistHeader.decode(file);
  if (header.magic !== chunklistMagic) fail('does not begin with "CNKL"', 0);
  if (header.headerSize !== chunklistHeader.size || header.fileVersion !== 1) {
    fail(
      `version ${header.fileVersion} with a header of ${header.headerSize} bytes is not version 1 with 36`,
      4,
    );
  }
  if (header.chunkMethod !== 1) fail(`chunk method ${header.chunkMethod} is not 1, SHA-256`, 9);
  const { chunkCount, chunksOffset, signatureOffset } = header;
  const end = chunksOffset + chunkCount * BigInt(chunklistEntry.size);
  if (
    chunksOffset < BigInt(chunklistHeader.size) ||
    end > signatureOffset ||
    signatureOffset > BigInt(file.length)
  ) {
    fail(`its ${chunkCount} chunks do not fit between ${chunksOffset} and ${signatureOffset}`, 12);
  }
  const chunks = Array.from({ length: Number(chunkCount) }, (_, index) => {
    const at = Number(chunksOffset) + index * chunklistEntry.size;
    const entry = chunklistEntry.decode(file, at);
    if (entry.size === 0) fail(`chunk ${index} is empty`, at);
    return entry;
  });
  const signed = file.subarray(0, Number(signatureOffset));
  const signature = readSignature(file, Number(signatureOffset), header.signatureMethod, fail);
  return { chunks, size: chunks.reduce((sum, chunk) => sum + chunk.size, 0), signature, signed };
}

function readSignature(
  file: Uint8Array,
  at: number,
  method: number,
  fail: (message: string, offset: number) => never,
): Signature {
  const take = (length: number): Uint8Array => {
    if (file.length - at !== length) {
      fail(`a signature of ${file.length - at} bytes where method ${method} has ${length}`, at);
    }
    return file.subarray(at);
  };
  switch (method) {
    case signatureMethods.rsa2048:
      return { kind: 'rsa-2048', bytes: new Uint8Array(take(signatureSizes.rsa2048)).reverse() };
    case signatureMethods.digest: {
      const digest = createHash('sha256').update(file.subarray(0, at)).digest();
      if (!digest.equals(take(signatureSizes.digest))) {
        fail(
          `the list is damaged: its SHA-256 is ${digest.toString('hex')}, which differs from the one stored in it`,
          at,
        );
      }
      return { kind: 'digest' };
    }
    default:
      return { kind: 'unknown', method };
  }
}
