import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { convertDmg, openImage, verifyDmg } from '../../src/image/index.ts';
import { fixture, present } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { sevenZipDisk } from '../rig/seven-zip.ts';
import { contentOf, writeUdif, type WrittenRun, type WrittenTable } from '../rig/images/udif-writer.ts';

const realImages = [
  'brew/container.dmg',
  'brew/container-apfs.dmg',
  'dfvfs/hfsplus_zlib.dmg',
  'dmgwiz/input_adc.dmg',
  'dmgwiz/input_bzip2.dmg',
  'dmgwiz/input_lzfse.dmg',
  'dmgwiz/input_lzma.dmg',
  'dmgwiz/input_ro.dmg',
  'dmgwiz/input_zlib.dmg',
  'kaitokit/hfs-decmpfs.dmg',
  'relic/dummy.dmg',
];

describe('images made by macOS', () => {
  test.each(present(realImages))(
    '%s converts to the bytes 7-Zip sees, with threads and without',
    async (name) => {
      const expected = sevenZipDisk(fixture(name));
      for (const threads of [0, 2]) {
        const output = join(freshFolder(), 'disk.iso');
        const { size, format } = await convertDmg(fixture(name), output, { threads });
        expect({ size, format }).toEqual({ size: expected.length, format: 'udif' });
        expect(readFileSync(output).equals(expected)).toBe(true);
      }
    },
  );

  test('a raw image passes through as it is', async () => {
    const output = join(freshFolder(), 'disk.iso');
    const converted = await convertDmg(fixture('dfvfs/hfsplus.raw'), output);
    expect(converted).toEqual({ format: 'raw', size: 4_153_344, checked: [], isTailEnough: true });
    expect(readFileSync(output).equals(readFileSync(fixture('dfvfs/hfsplus.raw')))).toBe(true);
  });

  test.each(
    present([
      { name: 'dmgwiz/input_zlib.dmg', bytes: 10_510_336, most: 460_000 },
      { name: 'dfvfs/hfsplus_zlib.dmg', bytes: 1_954_304, most: 1_100_000 },
      { name: 'relic/dummy.dmg', bytes: 2_123_776, most: 1_270_000 },
    ]),
  )('what was ignored or zero becomes a hole: $name', async ({ name, bytes, most }) => {
    const output = join(freshFolder(), 'disk.iso');
    await convertDmg(fixture(name), output);
    const { size, blocks } = statSync(output);
    expect(size).toBe(bytes);
    expect(blocks * 512).toBeLessThan(most);
  });
});

const text = Buffer.from('the quick brown fox jumps over the lazy dog; '.repeat(4000)).subarray(0, 100 * 512);
const noise = randomBytes(64 * 512);
const mixed = Buffer.concat([text.subarray(0, 3 * 512), Buffer.alloc(20 * 512), noise.subarray(0, 9 * 512)]);
const everyKind: readonly WrittenRun[] = [
  { kind: 'raw', data: noise },
  { kind: 'zero', data: Buffer.alloc(33 * 512) },
  { kind: 'zlib', data: text },
  { kind: 'ignore', data: Buffer.alloc(7 * 512) },
  { kind: 'bzip2', data: mixed },
  { kind: 'adc', data: text },
  { kind: 'lzfse', data: mixed },
  { kind: 'lzma', data: text },
];
const tables: readonly WrittenTable[] = [
  { name: 'first', runs: everyKind },
  { name: 'second & last', runs: [{ kind: 'zlib', data: mixed }, ...everyKind.slice(0, 3)] },
];

describe('images of every kind of chunk', () => {
  test.each([
    ['in order', {}],
    ['with their data last first', { reversed: true }],
    ['with offsets against a data offset', { dataOffset: 1 }],
    ['with comments between the chunks', { comments: true }],
    ['without a sector count', { sectorCount: 0 }],
    ['without checksums', { checksums: false }],
  ])('%s convert to what was put in, and 7-Zip agrees', async (_, options) => {
    const folder = freshFolder();
    const [input, output] = [join(folder, 'in.dmg'), join(folder, 'out.iso')];
    writeFileSync(input, writeUdif(tables, options));
    const converted = await convertDmg(input, output, { threads: 0 });
    expect(converted.checked).toEqual('checksums' in options ? [] : ['first', 'second & last']);
    expect(readFileSync(output).equals(contentOf(tables))).toBe(true);
    expect(sevenZipDisk(input).equals(contentOf(tables))).toBe(true);
  });

  test('data that begins after the start of the file is found there', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'in.dmg'), writeUdif(tables, { prefix: 1000 }));
    await convertDmg(join(folder, 'in.dmg'), join(folder, 'out.iso'));
    expect(readFileSync(join(folder, 'out.iso')).equals(contentOf(tables))).toBe(true);
  });

  test('any range of the decoded disk can be read on its own', async () => {
    const input = join(freshFolder(), 'in.dmg');
    writeFileSync(input, writeUdif(tables, { reversed: true }));
    const whole = contentOf(tables);
    const { disk, close } = await openImage(input);
    for (let at = 0; at < whole.length; at += 7919) {
      const length = Math.min(at % 3 === 0 ? 100_000 : 13, whole.length - at);
      expect(Buffer.from(await disk.read(at, length)).equals(whole.subarray(at, at + length))).toBe(true);
    }
    await expect(disk.read(whole.length - 1, 2)).rejects.toThrow(FormatError);
    await close();
  });
});

test('progress reaches its total and never goes back', async () => {
  const folder = freshFolder();
  const runs: WrittenRun[] = Array.from({ length: 40 }, () => ({
    kind: 'zlib',
    data: Buffer.alloc(2 ** 19, 'ab'),
  }));
  writeFileSync(join(folder, 'in.dmg'), writeUdif([{ name: 'disk', runs }]));
  const seen: number[] = [];
  await convertDmg(join(folder, 'in.dmg'), join(folder, 'out.iso'), {
    threads: 3,
    onProgress: (done, total) => {
      seen.push(done);
      expect(total).toBe(40 * 2 ** 19);
    },
  });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.at(-1)).toBe(40 * 2 ** 19);
});

test.each([0, 2])('an aborted conversion with %i threads leaves nothing', async (threads) => {
  const folder = freshFolder();
  const runs: WrittenRun[] = Array.from({ length: 64 }, () => ({
    kind: 'zlib',
    data: Buffer.alloc(2 ** 19, 'ab'),
  }));
  writeFileSync(join(folder, 'in.dmg'), writeUdif([{ name: 'disk', runs }]));
  const controller = new AbortController();
  const conversion = convertDmg(join(folder, 'in.dmg'), join(folder, 'out.iso'), {
    threads,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  });
  await expect(conversion).rejects.toThrow('enough');
  expect(readdirSync(folder)).toEqual(['in.dmg']);
});

test('an existing output is replaced, and the image itself never is', async () => {
  const folder = freshFolder();
  const input = join(folder, 'in.dmg');
  writeFileSync(input, writeUdif(tables));
  writeFileSync(join(folder, 'out.iso'), 'old');
  await convertDmg(input, join(folder, 'out.iso'));
  expect(statSync(join(folder, 'out.iso')).size).toBe(contentOf(tables).length);
  await expect(convertDmg(input, input)).rejects.toMatchObject({ code: 'cannot-write' });
  await expect(convertDmg(input, folder)).rejects.toMatchObject({ code: 'cannot-write' });
  await expect(convertDmg(input, join(folder, 'no', 'out.iso'))).rejects.toMatchObject({
    code: 'cannot-write',
  });
  expect(existsSync(input)).toBe(true);
});

test('verification names what it has checked', async () => {
  const folder = freshFolder();
  writeFileSync(join(folder, 'in.dmg'), writeUdif(tables));
  expect(await verifyDmg(join(folder, 'in.dmg'))).toEqual({
    checked: ['master', 'first', 'second & last'],
    unchecked: [],
  });
  writeFileSync(join(folder, 'in.dmg'), writeUdif(tables, { checksums: false }));
  expect(await verifyDmg(join(folder, 'in.dmg'))).toEqual({
    checked: [],
    unchecked: ['first', 'second & last'],
  });
});
