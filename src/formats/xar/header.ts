import { struct, u16, u32, u64 } from '../struct/index.ts';

/** The beginning of a xar archive: then the table of contents as a zlib stream, then the heap. Big-endian. */
export const xarHeader = struct('xar.header', {
  signature: u32, // 'xar!'
  headerSize: u16, // 28, or more with the name of the checksum's algorithm behind
  version: u16, // 1
  tocLength: u64, // as stored
  tocSize: u64, // decompressed
  checksum: u32, // an index of `checksumNames`
});

export const xarSignature = 0x78617221;

export type ChecksumName = 'none' | 'sha1' | 'md5' | 'sha256' | 'sha512';

/** By number in the header. 3 means "named behind the header" where there is a name, as it does to libarchive. */
export const checksumNames: readonly ChecksumName[] = ['none', 'sha1', 'md5', 'sha256', 'sha512'];

export function checksumName(style: string): ChecksumName | undefined {
  const plain = style.toLowerCase().replace('-', '');
  return checksumNames.find((name) => name === plain);
}
