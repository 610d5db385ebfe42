import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { FormatError } from '../../base/index.ts';
import { signatureSizes } from './layout.ts';
import type { Chunklist } from './read.ts';

/**
 * A public key from a file that a user has: PEM, or the bare modulus of 256 bytes, little-endian, as firmware holds it.
 * @throws FormatError when it is neither
 */
export function readPublicKey(file: Uint8Array): KeyObject {
  try {
    if (file.length !== signatureSizes.rsa2048) return createPublicKey(Buffer.from(file));
    const modulus = Buffer.from(file).reverse().toString('base64url');
    return createPublicKey({ key: { kty: 'RSA', n: modulus, e: 'AQAB' }, format: 'jwk' });
  } catch {
    throw new FormatError('chunklist', 'the key is neither PEM nor a modulus of 256 bytes');
  }
}

/** @returns whether the list was signed by the key's owner @throws FormatError when it has no signature */
export function isSignedBy({ signature, signed }: Chunklist, key: KeyObject): boolean {
  if (signature.kind !== 'rsa-2048') {
    throw new FormatError('chunklist', 'the list has no RSA signature that a key could verify', {
      offset: signed.length,
    });
  }
  return verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature.bytes);
}
