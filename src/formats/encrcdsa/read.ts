import { FormatError, type ByteSource } from '../../base/index.ts';
import {
  encryptedHeader,
  encryptedSignature,
  firstVersionSignature,
  keyPointer,
  passwordKey,
  type PasswordKey,
} from './layout.ts';

/** The keys of an encrypted image, wrapped by a password. */
export interface WrappedKeys {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly iv: Uint8Array;
  readonly blob: Uint8Array;
}

/** An encrypted image's header; its numbers have been checked. */
export interface Encrypted {
  readonly keyBits: 128 | 256;
  /** In bytes; blocks are counted from the image's first byte. */
  readonly blockSize: number;
  /** Of the image in it, in bytes; 0 in the token of a sparse bundle. */
  readonly size: number;
  /** Where its blocks begin in the file. */
  readonly offset: number;
  /** One for each password that opens it. */
  readonly keys: readonly WrappedKeys[];
}

const mostKeys = 64;
const largestBlock = 2 ** 20;
/** Images of others have up to 555,555; this many take some seconds. */
const mostIterations = 20_000_000;
const largestBlob = 1024;

/**
 * Reads the header of an encrypted image.
 * @returns undefined when the source is not one
 * @throws FormatError when it is damaged, or is sealed in a way that no password opens
 */
export async function readEncrypted(source: ByteSource): Promise<Encrypted | undefined> {
  const fail = (message: string, offset: number): never => {
    throw new FormatError('encrcdsa', message, { offset });
  };
  if (source.size < encryptedHeader.size) return undefined;
  const data = await source.read(0, encryptedHeader.size);
  if (Buffer.from(data).toString('latin1', 0, 8) !== encryptedSignature) {
    const tail = Buffer.from(await source.read(source.size - 8, 8)).toString('latin1');
    if (tail !== firstVersionSignature) return undefined;
    return fail(
      'the image is encrypted in the way of OS X 10.3 (version 1), which is not supported; make a plain copy with "hdiutil convert"',
      source.size - 8,
    );
  }
  const header = encryptedHeader.decode(data);
  const { version, keyBits, blockSize, dataLength, dataOffset, keyCount } = header;
  if (version !== 2) fail(`the image is encrypted in version ${version}, which is not supported`, 8);
  if (header.mode !== 5 || header.algorithm !== 0x80000001 || header.ivSize !== 16)
    fail(
      `the image is encrypted, and not by AES in CBC mode (mode ${header.mode}, algorithm 0x${header.algorithm.toString(16)})`,
      12,
    );
  if (keyBits !== 128 && keyBits !== 256) return fail(`AES keys of ${keyBits} bits are not supported`, 24);
  if (header.hmacAlgorithm !== 91 || header.hmacKeyBits !== 160)
    fail(`the initialisation vectors are not made by HMAC-SHA1 (algorithm ${header.hmacAlgorithm})`, 28);
  if (blockSize < 16 || blockSize % 16 !== 0 || blockSize > largestBlock)
    fail(`invalid block size: ${blockSize} bytes`, 52);
  if (keyCount > mostKeys) fail(`${keyCount} keys are more than the ${mostKeys} that are read`, 72);
  const stored = ((dataLength + BigInt(blockSize) - 1n) / BigInt(blockSize)) * BigInt(blockSize);
  if (dataLength > 0n && dataOffset + stored > BigInt(source.size))
    fail(`the image is truncated: its data end at ${dataOffset + stored} and the file at ${source.size}`, 64);
  const keys: WrappedKeys[] = [];
  const kinds: number[] = [];
  for (let index = 0; index < keyCount; index++) {
    const at = encryptedHeader.size + index * keyPointer.size;
    const pointer = keyPointer.decode(await source.read(at, keyPointer.size), 0, at);
    kinds.push(pointer.kind);
    if (pointer.kind === 1) keys.push(await readKey(source, pointer));
  }
  if (keys.length === 0)
    fail(
      kinds.includes(2)
        ? 'the image is encrypted for a certificate and not by a password; make a plain copy with "hdiutil convert" on the Mac that has its key'
        : 'the image has no key that a password opens',
      72,
    );
  return { keyBits, blockSize, size: Number(dataLength), offset: Number(dataOffset), keys };
}

async function readKey(
  source: ByteSource,
  { offset, length }: { readonly offset: bigint; readonly length: bigint },
): Promise<WrappedKeys> {
  if (length < BigInt(passwordKey.size) || offset + length > BigInt(source.size))
    throw new FormatError('encrcdsa', `a key of ${length} bytes at ${offset} is not in the file`, {
      offset: encryptedHeader.size,
    });
  const at = Number(offset);
  const key: PasswordKey = passwordKey.decode(await source.read(at, passwordKey.size), 0, at);
  const fail = (message: string): never => {
    throw new FormatError('encrcdsa', message, { offset: at });
  };
  if (key.kdf !== 103)
    fail(`its password is stretched by algorithm ${key.kdf}, and only PBKDF2 is supported`);
  if (key.algorithm !== 17 || key.keyBits !== 192 || key.mode !== 6)
    fail(`its keys are wrapped by algorithm ${key.algorithm}, and only triple DES in CBC mode is supported`);
  if (key.iterations < 1 || key.iterations > mostIterations)
    fail(`invalid count of iterations: ${key.iterations}`);
  if (key.saltLength > 32 || key.ivLength !== 8) fail(`invalid salt of ${key.saltLength} bytes`);
  if (key.blobLength < 8 || key.blobLength % 8 !== 0 || key.blobLength > largestBlob)
    fail(`invalid length of its wrapped keys: ${key.blobLength} bytes`);
  if (BigInt(passwordKey.size + key.blobLength) > length) fail('its wrapped keys are truncated');
  return {
    iterations: key.iterations,
    salt: key.salt.subarray(0, key.saltLength),
    iv: key.iv.subarray(0, key.ivLength),
    blob: await source.read(at + passwordKey.size, key.blobLength),
  };
}
