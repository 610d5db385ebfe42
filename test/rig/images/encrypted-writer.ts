import { execFileSync } from 'node:child_process';
import { encryptedHeader, keyPointer, passwordKey } from '../../../src/formats/encrcdsa/index.ts';

/* An encoder of encrypted images whose cryptography is the openssl program's: it judges our decoder. */

const salt = Buffer.from('0123456789abcdef0123');
const iv = Buffer.from('initial!');
const hmacKey = Buffer.from('a key of twenty byte');

export interface EncryptOptions {
  readonly bits: 128 | 256;
  readonly password: string;
  readonly blockSize?: number;
  readonly iterations?: number;
  /** Of the key's pointer: 1 is a password, 2 a certificate. */
  readonly kind?: number;
  /** What stands behind the keys. */
  readonly mark?: string;
}

function openssl(args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Buffer {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
}

function cipherKey(bits: number): Buffer {
  return Buffer.from('the key of the cipher, 32 bytes!').subarray(0, bits / 8);
}

/** The header alone, as the token of a sparse bundle. @param dataLength 0 there */
export function encryptedToken(options: EncryptOptions, dataLength: number, dataOffset: number): Buffer {
  const { bits, password, blockSize = 4096, iterations = 1000, kind = 1, mark = 'CKIE\0' } = options;
  const hex = openssl([
    ...['kdf', '-keylen', '24', '-kdfopt', 'digest:SHA1', '-kdfopt', `pass:${password}`],
    ...['-kdfopt', `hexsalt:${salt.toString('hex')}`, '-kdfopt', `iter:${iterations}`, 'PBKDF2'],
  ]).toString();
  const wrapping = hex.replace(/[^0-9A-F]/gi, '');
  const blob = openssl(
    ['enc', '-des-ede3-cbc', '-K', wrapping, '-iv', iv.toString('hex')],
    Buffer.concat([cipherKey(bits), hmacKey, Buffer.from(mark, 'latin1')]),
  );
  const padded = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes, Buffer.alloc(32 - bytes.length)]);
  const at = encryptedHeader.size + keyPointer.size;
  return Buffer.concat([
    encryptedHeader.encode({
      signature: Buffer.from('encrcdsa'),
      version: 2,
      ivSize: 16,
      mode: 5,
      algorithm: 0x80000001,
      keyBits: bits,
      hmacAlgorithm: 91,
      hmacKeyBits: 160,
      id: new Uint8Array(16),
      blockSize,
      dataLength: BigInt(dataLength),
      dataOffset: BigInt(dataOffset),
      keyCount: 1,
    }),
    keyPointer.encode({ kind, offset: BigInt(at), length: BigInt(passwordKey.size + blob.length) }),
    passwordKey.encode({
      kdf: 103,
      prng: 0,
      iterations,
      saltLength: salt.length,
      salt: padded(salt),
      ivLength: iv.length,
      iv: padded(iv),
      keyBits: 192,
      algorithm: 17,
      padding: 7,
      mode: 6,
      blobLength: blob.length,
    }),
    blob,
  ]);
}

/** Encrypts blocks. @param firstBlock their first one's number */
export function encryptBlocks(image: Uint8Array, options: EncryptOptions, firstBlock = 0): Buffer {
  const { bits, blockSize = 4096 } = options;
  const blocks: Buffer[] = [];
  for (let start = 0; start < image.length; start += blockSize) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(firstBlock + start / blockSize);
    const mac = ['dgst', '-sha1', '-mac', 'HMAC', '-macopt', `hexkey:${hmacKey.toString('hex')}`, '-binary'];
    const vector = openssl(mac, number).subarray(0, 16).toString('hex');
    const block = Buffer.alloc(blockSize);
    block.set(image.subarray(start, start + blockSize));
    const key = cipherKey(bits).toString('hex');
    blocks.push(openssl(['enc', `-aes-${bits}-cbc`, '-nopad', '-K', key, '-iv', vector], block));
  }
  return Buffer.concat(blocks);
}

/** A whole encrypted image, its data at 122880 as hdiutil lays them. */
export function encryptImage(image: Uint8Array, options: EncryptOptions): Buffer {
  const dataOffset = 122880;
  const head = encryptedToken(options, image.length, dataOffset);
  return Buffer.concat([head, Buffer.alloc(dataOffset - head.length), encryptBlocks(image, options)]);
}
