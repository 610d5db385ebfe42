import { execFileSync } from 'node:child_process';
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import {
  checkChunks,
  isSignedBy,
  makeChunklist,
  readChunklist,
  readPublicKey,
} from '../../src/formats/chunklist/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { verifyChunklist } from '../../src/image/index.ts';
import { freshFolder } from '../rig/folder.ts';

const file = randomBytes(2_500_000);
const chunkSize = 2 ** 20;
const made = async (): Promise<Buffer> => Buffer.from(await makeChunklist(memorySource(file), { chunkSize }));

test('a list is laid out as XNU reads it, with the hashes that sha256sum gives', async () => {
  const list = await made();
  expect(list.toString('latin1', 0, 4)).toBe('CNKL');
  expect([list.readUInt32LE(4), ...list.subarray(8, 12)]).toEqual([36, 1, 1, 2, 0]);
  const [count, chunks, signature] = [12, 20, 28].map((at) => Number(list.readBigUInt64LE(at)));
  expect({ count, chunks, signature }).toEqual({ count: 3, chunks: 36, signature: 36 + 3 * 36 });
  for (let index = 0; index < 3; index++) {
    const part = file.subarray(index * chunkSize, (index + 1) * chunkSize);
    const at = 36 + 36 * index;
    expect(list.readUInt32LE(at)).toBe(part.length);
    const sum = execFileSync('sha256sum', { input: part, encoding: 'utf8' }).slice(0, 64);
    expect(list.toString('hex', at + 4, at + 36)).toBe(sum);
  }
  const sum = execFileSync('sha256sum', { input: list.subarray(0, signature), encoding: 'utf8' });
  expect(list.toString('hex', signature)).toBe(sum.slice(0, 64));
});

test('a file is held against its list chunk by chunk', async () => {
  const list = await readChunklist(memorySource(await made()));
  expect(list).toMatchObject({ size: file.length, signature: { kind: 'digest' } });
  const steps: number[] = [];
  await checkChunks(list, memorySource(file), { onProgress: (done) => steps.push(done) });
  expect(steps.at(-1)).toBe(file.length);
  const other = Buffer.from(file);
  other[chunkSize + 5] = (other[chunkSize + 5] ?? 0) ^ 1;
  const damage = await checkChunks(list, memorySource(other)).catch((error: unknown) => error);
  expect(damage).toBeInstanceOf(FormatError);
  expect((damage as FormatError).message).toContain('chunk 1 of 3 has the SHA-256');
  expect((damage as FormatError).offset).toBe(chunkSize);
  await expect(checkChunks(list, memorySource(file.subarray(1)))).rejects.toThrow(
    'the chunk list is of 2500000 bytes',
  );
});

describe('a signed list', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
  const { n = '' } = pair.publicKey.export({ format: 'jwk' });
  const modulus = Buffer.from(n, 'base64url').reverse();

  /** In the form of Apple's own: method 1, the signature little-endian. */
  async function signed(): Promise<Buffer> {
    const body = Buffer.from((await made()).subarray(0, -32));
    body[10] = 1;
    const signature = createSign('sha256').update(body).sign(pair.privateKey).reverse();
    return Buffer.concat([body, signature]);
  }

  test.each([
    ['PEM', Buffer.from(pem)],
    ['a bare modulus', modulus],
  ])('is verified by the key as %s', async (_what, key) => {
    const list = await readChunklist(memorySource(await signed()));
    expect(isSignedBy(list, readPublicKey(key))).toBe(true);
  });

  test("another's key, or a change in the list, is no signature", async () => {
    const bytes = await signed();
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    expect(isSignedBy(await readChunklist(memorySource(bytes)), other)).toBe(false);
    bytes[50] = (bytes[50] ?? 0) ^ 1;
    expect(isSignedBy(await readChunklist(memorySource(bytes)), pair.publicKey)).toBe(false);
    const digestOnly = await readChunklist(memorySource(await made()));
    expect(() => isSignedBy(digestOnly, pair.publicKey)).toThrow('no RSA signature');
    expect(() => readPublicKey(Buffer.from('no key'))).toThrow(FormatError);
  });

  test('without a key is told to be signed, and not judged', async () => {
    const folder = freshFolder();
    const path = (name: string): string => join(folder, name);
    writeFileSync(path('file'), file);
    writeFileSync(path('list'), await signed());
    writeFileSync(path('key'), pem);
    const chunks = 3;
    expect(await verifyChunklist(path('file'), path('list'))).toEqual({
      chunks,
      vouched: 'unjudged-signature',
    });
    const judged = await verifyChunklist(path('file'), path('list'), { key: path('key') });
    expect(judged).toEqual({ chunks, vouched: 'key' });
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    writeFileSync(path('key'), stranger.export({ type: 'spki', format: 'pem' }));
    await expect(verifyChunklist(path('file'), path('list'), { key: path('key') })).rejects.toThrow(
      'not signed',
    );
  });
});

describe('a damaged list', () => {
  test.each([
    ['no magic', 0, 0x44, 'does not begin with "CNKL" (chunklist, at byte 0)'],
    ['another header size', 4, 37, 'a header of 37 bytes'],
    ['another chunk method', 9, 2, 'chunk method 2 is not 1'],
    ['more chunks than there are', 14, 1, 'do not fit between'],
    ['chunks over its header', 20, 35, 'do not fit between 35'],
    ['a signature beyond its end', 33, 1, 'do not fit between'],
    ['an empty chunk', 38, 0, 'chunk 0 is empty (chunklist, at byte 36)'],
    ['another digest', 36 * 4 + 3, 1, 'which differs from the one stored in it'],
  ])('with %s is refused with the place', async (_what, at, value, message) => {
    const list = await made();
    list[at] = value;
    if (at === 38) list.fill(0, 36, 40);
    await expect(readChunklist(memorySource(list))).rejects.toThrow(message);
  });

  test('changed or cut short anywhere is refused: its digest covers all of it', async () => {
    const list = await made();
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: list.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const copy = Buffer.from(list);
        copy[at] = (copy[at] ?? 0) ^ by;
        // A signature of another kind is reported as such, and is the caller's to judge.
        const read = await readChunklist(memorySource(copy)).catch((error: unknown) => error);
        if (at !== 10) expect(read).toBeInstanceOf(FormatError);
        await expect(readChunklist(memorySource(list.subarray(0, at)))).rejects.toThrow(FormatError);
      }),
    );
  });
});

test('the digest of an empty file is that of a list without chunks', async () => {
  const list = Buffer.from(await makeChunklist(memorySource(Buffer.alloc(0))));
  expect(list.subarray(36).equals(createHash('sha256').update(list.subarray(0, 36)).digest())).toBe(true);
  await checkChunks(await readChunklist(memorySource(list)), memorySource(Buffer.alloc(0)));
});
