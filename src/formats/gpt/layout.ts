import { bytes, struct, u32le, u64le, type Decoded } from '../struct/index.ts';

/** Header of a GUID partition table, at sector 1 and in the last sector (UEFI, "GPT Header"). Little-endian. */
export const gptHeader = struct('gpt.header', {
  signature: u64le, // "EFI PART"
  revision: u32le, // 0x00010000
  headerSize: u32le, // 92 or more
  headerCrc32: u32le, // with this field as 0
  reserved: u32le,
  sector: u64le, // of this header
  otherSector: u64le, // of the other header
  firstUsable: u64le,
  lastUsable: u64le, // inclusive
  disk: bytes(16),
  entriesSector: u64le,
  entryCount: u32le,
  entrySize: u32le, // 128 · 2^n
  entriesCrc32: u32le,
});
export type GptHeader = Decoded<typeof gptHeader>;

/** One entry; the type is all zeros where there is no partition. */
export const gptEntry = struct('gpt.entry', {
  type: bytes(16),
  id: bytes(16),
  firstSector: u64le,
  lastSector: u64le, // inclusive
  attributes: u64le,
  name: bytes(72), // UTF-16
});

export const gptSignature = 0x5452415020494645n;
export const gptSectorSize = 512;
