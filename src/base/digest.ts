import { createHash } from 'node:crypto';

/** 64 lower-case hexadecimal digits. */
export type Sha256 = string & { readonly brand: 'sha256' };

/** The SHA-256 of bytes, or of a string's UTF-8. */
export function sha256(data: Uint8Array | string): Sha256 {
  return createHash('sha256').update(data).digest('hex') as Sha256;
}

export function isSha256(text: string): text is Sha256 {
  return /^[0-9a-f]{64}$/.test(text);
}
