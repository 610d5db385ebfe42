import { bytes, struct, u32le, u64le, u8 } from '../struct/index.ts';

/**
 * Header of a chunklist: what Apple puts beside BaseSystem.dmg, by which its firmware checks the image while it loads.
 * Little-endian. Written down in XNU's bsd/kern/chunklist.h.
 */
export const chunklistHeader = struct('chunklist.header', {
  magic: u32le, // 'CNKL' in this order of bytes
  headerSize: u32le, // 36
  fileVersion: u8, // 1
  chunkMethod: u8, // 1: SHA-256
  signatureMethod: u8, // 1: RSA-2048 over SHA-256 (PKCS #1 v1.5); 2: the SHA-256 itself
  padding: u8,
  chunkCount: u64le,
  chunksOffset: u64le,
  signatureOffset: u64le, // what lies before it is what was signed
});

export const chunklistEntry = struct('chunklist.entry', { size: u32le, sha256: bytes(32) });

export const chunklistMagic = 0x4c4b4e43;
export const signatureMethods = { rsa2048: 1, digest: 2 } as const;
/** In bytes. */
export const signatureSizes = { rsa2048: 256, digest: 32 } as const;
