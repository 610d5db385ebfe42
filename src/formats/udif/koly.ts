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
