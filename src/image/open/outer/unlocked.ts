import { Failure, type ByteSource } from '../../../base/index.ts';
import { decrypted, readEncrypted, unlock, type Encrypted } from '../../../formats/encrcdsa/index.ts';
import { slice } from '../../../formats/source/index.ts';

/** An encrypted image's header and how its blocks are decrypted. */
export interface Unlocked {
  readonly header: Encrypted;
  /** @param blocks the encrypted blocks from the image's first byte on @param size of the image in bytes */
  readonly decrypt: (blocks: ByteSource, size: number) => ByteSource;
}

/**
 * Opens the lock of an encrypted image.
 * @returns undefined when the source is not one
 * @throws Failure 'password-needed', 'wrong-password'; FormatError
 */
export async function unlocked(
  source: ByteSource,
  password: string | undefined,
  name: string,
): Promise<Unlocked | undefined> {
  const header = await readEncrypted(source);
  if (header === undefined) return undefined;
  if (password === undefined)
    throw new Failure('password-needed', `${name} is encrypted: a password is needed`, {
      hint: 'Give --password env:NAME, file:PATH or prompt.',
    });
  const keys = await unlock(header, password);
  if (keys === undefined) throw new Failure('wrong-password', `the password does not open ${name}`);
  return { header, decrypt: (blocks, size) => decrypted(blocks, header, keys, size) };
}

/** The image in an encrypted one, or the source itself where it is not encrypted. @throws as unlocked does */
export async function plainOf(
  source: ByteSource,
  password: string | undefined,
  name: string,
): Promise<{ readonly source: ByteSource; readonly encryption?: Encryption }> {
  const lock = await unlocked(source, password, name);
  if (lock === undefined) return { source };
  const { offset, size } = lock.header;
  const blocks = slice(source, offset, source.size - offset);
  return { source: lock.decrypt(blocks, size), encryption: encryptionOf(lock.header) };
}

export type Encryption = 'AES-128' | 'AES-256';

export function encryptionOf({ keyBits }: Encrypted): Encryption {
  return keyBits === 128 ? 'AES-128' : 'AES-256';
}
