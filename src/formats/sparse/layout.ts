import { array, bytes, struct, u32, u64 } from '../struct/index.ts';

/** The first node of a sparse image (UDSP), 4096 bytes; bands follow it. Big-endian; not published, seen in images. */
export const sparseHeader = struct('sparse.header', {
  signature: u32, // 'sprs'
  version: u32, // 3
  bandSectors: u32, // 2048 in all images seen
  flags: u32, // 1
  sectorCountLow: u32, // the low half of sectorCount
  nextNode: u64, // in bytes from the file's start; 0: no next node
  sectorCount: u64,
  reserved: bytes(28),
  bands: array(u32, 1008), // the number of the disk's band that lies here, from 1; 0: none yet
});

/** Every further node, 4096 bytes; bands follow it. */
export const sparseNode = struct('sparse.node', {
  signature: u32, // 'sprs'
  index: u32, // 0 of the first after the header
  flags: u32, // 1
  nextNode: u64,
  reserved: bytes(36),
  bands: array(u32, 1010),
});

export const sparseSignature = 0x73707273;
