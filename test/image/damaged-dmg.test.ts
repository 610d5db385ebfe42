import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure, FormatError } from '../../src/base/index.ts';
import { convertDmg, findHfsPlus, openImage, verifyDmg } from '../../src/image/index.ts';
import { fixture, has, present } from '../rig/fixtures.ts';
import { rounds } from '../rig/rounds.ts';
import { freshFolder } from '../rig/folder.ts';
import { writeUdif } from '../rig/images/udif-writer.ts';

/** Converts bytes; gives the disk or the error, and makes sure that an error leaves no file. */
async function convert(bytes: Uint8Array, threads = 0): Promise<Buffer | Error> {
  const folder = freshFolder();
  const [input, output] = [join(folder, 'in.dmg'), join(folder, 'out.iso')];
  writeFileSync(input, bytes);
  const error = await convertDmg(input, output, { threads }).then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  expect(readdirSync(folder)).toEqual(error === undefined ? ['in.dmg', 'out.iso'] : ['in.dmg']);
  return error ?? readFileSync(output);
}

function expectOneLine(error: Buffer | Error): asserts error is FormatError {
  expect(error).toBeInstanceOf(FormatError);
  const { message, offset } = error as FormatError;
  expect(message).not.toContain('\n');
  expect(offset).toBeTypeOf('number');
}

describe('what is no disk image', () => {
  test.each([
    { what: 'an empty file', bytes: '', message: 'the file is empty' },
    { what: 'a text', bytes: 'some text\n'.repeat(100), message: 'not a disk image, or a truncated one' },
    { what: 'a few bytes', bytes: 'abc', message: 'not a disk image' },
    { what: 'a package', bytes: `xar!${'\0'.repeat(600)}`, message: 'a xar archive' },
    { what: 'a failed download', bytes: `<!DOCTYPE html>${' '.repeat(600)}`, message: 'a web page' },
    { what: 'an encrypted image', bytes: `encrcdsa${'\0'.repeat(600)}`, message: 'is encrypted' },
    { what: 'an old encrypted image', bytes: `${'\0'.repeat(600)}cdsaencr`, message: 'is encrypted' },
  ])('$what is named as such', async ({ bytes, message }) => {
    const error = await convert(Buffer.from(bytes));
    expectOneLine(error);
    expect(error.message).toContain(message);
  });

  test('a file that is not there is a failure with its name', async () => {
    const path = join(freshFolder(), 'none.dmg');
    await expect(convertDmg(path, `${path}.iso`)).rejects.toThrow(
      new Failure('no-file', `${path} cannot be read: no such file or directory`),
    );
    await expect(verifyDmg(freshFolder())).rejects.toThrow('is not a file');
  });
});

describe('a damaged image', () => {
  const data = Buffer.alloc(64 * 512, 'plain text that packs well, ');
  const image = (kind: 'raw' | 'zlib' | 'bzip2' | 'adc' | 'lzfse' | 'lzma'): Buffer =>
    writeUdif([
      { name: 'a', runs: [{ kind: 'raw', data: Buffer.alloc(512, 1) }] },
      { name: 'b', runs: [{ kind, data }] },
    ]);

  test.each(['raw', 'zlib', 'bzip2', 'adc', 'lzfse', 'lzma'] as const)(
    'any byte flipped in a %s chunk is found, at an offset inside the chunk, whatever the threads',
    async (kind) => {
      const whole = image(kind);
      const end = whole.indexOf('<?xml');
      for (let at = 512; at < end; at += Math.ceil((end - 512) / 23)) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ 0x40;
        const error = await convert(bytes);
        // A flip in what a decoder does not look at (a header's date, padding) may leave the data as it was.
        if (Buffer.isBuffer(error)) {
          expect(error.equals(Buffer.concat([Buffer.alloc(512, 1), data]))).toBe(true);
          continue;
        }
        expectOneLine(error);
        expect(error.offset).toBeGreaterThanOrEqual(512);
        expect(error.offset).toBeLessThan(end);
      }
    },
  );

  test('the first damage in the order of the image is reported, however fast the threads are', async () => {
    const runs = Array.from(
      { length: 60 },
      () => ({ kind: 'zlib', data: Buffer.alloc(2 ** 19, 'abc') }) as const,
    );
    const bytes = writeUdif([{ name: 'disk', runs }]);
    const length = bytes.indexOf('<?xml') / 60;
    for (const index of [7, 8, 31, 59]) bytes.fill(0, index * length + 20, index * length + 40);
    for (const threads of [0, 2, 3]) {
      const error = await convert(bytes, threads);
      expectOneLine(error);
      expect(error.message).toMatch(/^a zlib chunk of \d+ bytes does not decode: .* \(udif, at byte \d+\)$/);
      expect(error.offset).toBe(7 * length);
    }
  });

  test('a wrong table checksum and a wrong master checksum are told apart', async () => {
    const bytes = image('zlib');
    const error = await convert(flipped(bytes, bytes.length - 512 + 363));
    expectOneLine(error);
    expect(error.message).toContain('the master checksum over its tables is');
  });

  test('a trailer that counts other sectors than its tables is refused', async () => {
    const runs = [{ kind: 'raw', data }] as const;
    const error = await convert(writeUdif([{ name: 'a', runs }], { sectorCount: 65 }));
    expectOneLine(error);
    expect(error.message).toContain('describe 64 sectors and its trailer counts 65');
    const gap = await convert(writeUdif([{ name: 'a', runs, firstSector: 1 }], { sectorCount: 0 }));
    expectOneLine(gap);
  });

  test('tables that overlap are refused', async () => {
    const runs = [{ kind: 'raw', data }] as const;
    const error = await convert(
      writeUdif([
        { name: 'a', runs },
        { name: 'b', runs: [{ kind: 'raw', data: Buffer.from(data) }], firstSector: 63 },
      ]),
    );
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain('"b" overlaps another');
  });

  test('a chunk that claims to decode to gigabytes is refused before it is decoded', async () => {
    const bytes = writeUdif([{ name: 'a', runs: [{ kind: 'zero', data: Buffer.alloc(512) }] }]);
    const text = bytes.toString('latin1');
    const [, base64 = ''] = /<data>\n([^<]*)<\/data>/.exec(text) ?? [];
    const mish = Buffer.from(base64, 'base64');
    mish.writeBigUInt64BE(2n ** 30n, 16); // the table's sectors
    mish.writeUInt32BE(0x80000007, 204); // the run's type …
    mish.writeBigUInt64BE(2n ** 30n, 204 + 16); // … and sectors
    const error = await convert(
      Buffer.from(text.replace(base64, mish.toString('base64').replace(/.{1,76}/g, '$&\n')), 'latin1'),
    );
    expectOneLine(error);
    expect(error.message).toContain('more than the 67108864 any writer uses');
  });
});

describe('damage to images made by macOS', () => {
  test('an encrypted image and random bytes are refused by name', async () => {
    // As much of an encrypted image as can be told without its password.
    const sealed = await convert(
      Buffer.concat([Buffer.from('encrcdsa\0\0\0\x02', 'latin1'), Buffer.alloc(130_000)]),
    );
    expectOneLine(sealed);
    expect(sealed.message).toContain('is encrypted');
    const real = 'dmgwiz/input_aes256.dmg';
    if (has(real)) {
      // Nothing is wrong with its bytes: what is missing is the password.
      const encrypted = await convert(readFileSync(fixture(real)));
      expect(encrypted).toMatchObject({ code: 'password-needed' });
      expect((encrypted as Error).message).toMatch(/^[^\n]* is encrypted: a password is needed$/);
    }
    for (const name of ['etcher-sdk/invalid.dmg', 'etcher-sdk/raw-image-not-a-dmg.dmg'].filter(has))
      expectOneLine(await convert(readFileSync(fixture(name))));
    expectOneLine(await convert(randomBytes(65_536)));
    expectOneLine(await convert(Buffer.from('not a disk')));
  });

  test.each(present(['brew/container-apfs.dmg', 'dfvfs/apfs.raw']))(
    'where an HFS+ volume is needed, %s is named APFS',
    async (name) => {
      const { disk, close } = await openImage(fixture(name));
      await expect(findHfsPlus(disk)).rejects.toThrow("the image's volume is APFS");
      await close();
    },
  );

  test.each(
    present([
      'dfvfs/hfsplus_zlib.dmg',
      'dmgwiz/input_ro.dmg',
      'dmgwiz/input_adc.dmg',
      'dfvfs/hfsplus.raw',
      'relic/dummy.dmg',
      'dfvfs/apm.dmg',
    ]),
  )('%s cut short anywhere is refused', async (name) => {
    const whole = readFileSync(fixture(name));
    for (let step = 0; step < 40; step++) {
      const error = await convert(whole.subarray(0, Math.floor((whole.length * step) / 40)));
      expectOneLine(error);
    }
    for (const missing of [1, 2, 8, 100, 511, 512, 513, 600, 2048]) {
      expectOneLine(await convert(whole.subarray(0, whole.length - missing)));
    }
  });

  test.each(
    present([
      'dfvfs/hfsplus_zlib.dmg',
      'dmgwiz/input_lzfse.dmg',
      'dmgwiz/input_bzip2.dmg',
      'dmgwiz/input_lzma.dmg',
    ]),
  )('%s with bytes changed gives the same disk or one error, and nothing else', async (name) => {
    const whole = readFileSync(fixture(name));
    const disk = await convert(whole);
    const change = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, by] of changes) bytes[at] = (bytes[at] ?? 0) ^ by;
        const result = await convert(bytes);
        if (Buffer.isBuffer(result)) expect(result.equals(disk as Buffer)).toBe(true);
        else expect(result instanceof FormatError || result instanceof Failure).toBe(true);
      }),
      { numRuns: rounds(150) },
    );
  });

  test('a trailer with bytes changed gives the same disk or one error, and nothing else', async () => {
    const whole = readFileSync(fixture('dfvfs/hfsplus_zlib.dmg'));
    const disk = await convert(whole);
    for (let at = whole.length - 512; at < whole.length; at += 3) {
      const result = await convert(flipped(whole, at));
      if (Buffer.isBuffer(result)) expect(result.equals(disk as Buffer)).toBe(true);
      else expectOneLine(result);
    }
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x11;
  return copy;
}
