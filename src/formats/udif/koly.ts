import { FormatError, type ByteSource } from '../../base/index.ts';
import { array, bytes, struct, u32, u64, type Decoded } from '../struct/index.ts';

/** A checksum: its kind, its length in bits, and room for 1024 bits of it (the reversed format of hdiutil's images). */
export const checksum = struct('udif.checksum', {
  type: u32, // 0 none, 2 CRC-32
  bits: u32,
  data: array(u32, 32),
});

/** Trailer of a UDIF image: the last 512 bytes of the file. All integers big-endian. */
export const koly = struct('udif.koly', {
  signature: u32, // 'koly'
  version: u32, // 4
  headerSize: u32, // 512
  flags: u32, // 1 flattened, 4 internet-enabled
  runningDataForkOffset: u64,
  dataForkOffset: u64,
  dataForkLength: u64,
  resourceForkOffset: u64,
  resourceForkLength: u64,
  segmentNumber: u32, // 0 or 1 when the image is one file
  segmentCount: u32,
  segmentId: bytes(16),
  dataForkChecksum: checksum,
  plistOffset: u64,
  plistLength: u64,
  reserved1: bytes(64),
  codeSignatureOffset: u64,
  codeSignatureLength: u64,
  reserved2: bytes(40),
  masterChecksum: checksum,
  imageVariant: u32, // 1 a whole disk, 2 a single partition
  sectorCount: u64, // may be 0
  reserved3: bytes(12),
});
export type Koly = Decoded<typeof koly>;

export const kolySignature = 0x6b6f6c79;

/** The trailer, or undefined when the source has none. @throws FormatError when it is not of a version known */
export async function readKoly(source: ByteSource): Promise<Koly | undefined> {
  if (source.size < koly.size) return undefined;
  const at = source.size - koly.size;
  const trailer = koly.decode(await source.read(at, koly.size), 0, at);
  if (trailer.signature !== kolySignature) return undefined;
  if (trailer.version !== 4 || trailer.headerSize !== koly.size) {
    throw new FormatError(
      'udif',
      `trailer version ${trailer.version} of ${trailer.headerSize} bytes is not version 4 of ${koly.size}`,
      { offset: at + 4 },
    );
  }
  if (trailer.segmentCount > 1) {
    throw new FormatError(
      'udif',
      `this is segment ${trailer.segmentNumber} of ${trailer.segmentCount}; segmented images are not supported`,
      { offset: at + 60 },
    );
  }
  return trailer;
}
