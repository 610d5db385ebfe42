import { bytes, struct, u32, u64, type Decoded } from '../struct/index.ts';

/**
 * Beginning of an encrypted disk image of version 2 (since OS X 10.5); `keyCount` keys follow. Big-endian. Not
 * published; the fields are those that all known images have.
 */
export const encryptedHeader = struct('encrcdsa.header', {
  signature: bytes(8), // "encrcdsa"
  version: u32, // 2
  ivSize: u32, // 16
  mode: u32, // 5: CBC
  algorithm: u32, // 0x80000001: AES
  keyBits: u32, // 128 or 256
  hmacAlgorithm: u32, // 91: HMAC-SHA1
  hmacKeyBits: u32, // 160
  id: bytes(16),
  blockSize: u32, // 512, or 4096 in older systems
  dataLength: u64, // of the image in it; 0 in the token of a sparse bundle
  dataOffset: u64,
  keyCount: u32,
});

/** Where one wrapped copy of the keys lies. */
export const keyPointer = struct('encrcdsa.keyPointer', {
  kind: u32, // 1: by a password; 2: by a certificate; 3: by a keychain's item
  offset: u64,
  length: u64,
});

/** The keys, wrapped by a password; `blobLength` bytes follow. */
export const passwordKey = struct('encrcdsa.passwordKey', {
  kdf: u32, // 103: PBKDF2 with HMAC-SHA1
  prng: u32,
  iterations: u32,
  saltLength: u32,
  salt: bytes(32),
  ivLength: u32, // 8
  iv: bytes(32),
  keyBits: u32, // 192
  algorithm: u32, // 17: triple DES in EDE
  padding: u32, // 7
  mode: u32, // 6: CBC
  blobLength: u32,
});
export type PasswordKey = Decoded<typeof passwordKey>;

export const encryptedSignature = 'encrcdsa';
/** The last 8 bytes of an image of version 1 (OS X 10.3 and 10.4). */
export const firstVersionSignature = 'cdsaencr';
