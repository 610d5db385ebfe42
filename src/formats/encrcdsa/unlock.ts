import { createDecipheriv, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { Encrypted, WrappedKeys } from './read.ts';

/** What opens an encrypted image. */
export interface ImageKeys {
  readonly cipher: Uint8Array;
  /** Of the HMAC that makes each block's initialisation vector. */
  readonly hmac: Uint8Array;
}

const hmacKeySize = 20;
/** Stands behind both keys. Padding alone is right for one wrong password in 256. */
const mark = Buffer.from('CKIE');
const derive = promisify(pbkdf2);

/** @returns undefined when the password opens none of the image's keys */
export async function unlock({ keys, keyBits }: Encrypted, password: string): Promise<ImageKeys | undefined> {
  for (const key of keys) {
    const plain = await unwrap(key, password);
    const size = keyBits / 8;
    const end = size + hmacKeySize;
    if (
      plain === undefined ||
      plain.length < end + mark.length ||
      !plain.subarray(end, end + mark.length).equals(mark)
    )
      continue;
    return { cipher: plain.subarray(0, size), hmac: plain.subarray(size, end) };
  }
  return undefined;
}

/** PBKDF2 (RFC 8018, 5.2) gives the key of triple DES, which has the keys. */
async function unwrap(
  { iterations, salt, iv, blob }: WrappedKeys,
  password: string,
): Promise<Buffer | undefined> {
  const key = await derive(Buffer.from(password, 'utf8'), salt, iterations, 24, 'sha1');
  const decipher = createDecipheriv('des-ede3-cbc', key, iv);
  try {
    return Buffer.concat([decipher.update(blob), decipher.final()]);
  } catch {
    return undefined; // Its padding is wrong: another password's.
  }
}
