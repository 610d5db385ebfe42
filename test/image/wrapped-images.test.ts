import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { koly } from '../../src/formats/udif/index.ts';
import {
  convertDmg,
  createDmg,
  describeDmg,
  editImage,
  listFolder,
  openImage,
  openInside,
  openVolumeBytes,
  verifyDmg,
  type ImagePath,
} from '../../src/image/index.ts';
import { makeIso, makeSample, openMedium, planIso } from '../../src/installer/index.ts';
import { encryptBlocks, encryptedToken, encryptImage } from '../rig/images/encrypted-writer.ts';
import { fixture, has } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { gptDisk, hfsGuid, mbrDisk, volumeBytes } from '../rig/images/partitioned.ts';
import { testProject } from '../rig/project.ts';
import { splitImage, writeBundle, writeSegments } from '../rig/images/split-image.ts';

const mebibyte = 2 ** 20;
const password = 'pass wörd';

const folder = mkdtempSync(join(tmpdir(), 'cidermill-wrapped-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const disk = gptDisk([{ type: hfsGuid, bytes: await volumeBytes(4 * mebibyte) }]);
const plain = join(folder, 'plain.dmg');
writeFileSync(join(folder, 'disk.img'), disk);
await createDmg(join(folder, 'disk.img'), plain);
const dmg = readFileSync(plain);

/** The same disk in every wrapping. */
const wrapped = new Map<string, ImagePath>();

function put(name: string, bytes: Uint8Array): ImagePath {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return { file, inside: [], password };
}

beforeAll(() => {
  for (const bits of [128, 256] as const) {
    wrapped.set(`AES-${bits}`, put(`aes-${bits}.dmg`, encryptImage(dmg, { bits, password })));
    wrapped.set(
      `AES-${bits}, blocks of 512`,
      put(`aes-${bits}-512.dmg`, encryptImage(dmg, { bits, password, blockSize: 512 })),
    );
  }
  const [first = ''] = writeSegments(folder, 'cut', splitImage(dmg, 3));
  wrapped.set('segments, by the first', { file: first, inside: [] });
  wrapped.set('segments, by another', { file: join(folder, 'cut.002.dmgpart'), inside: [] });
  const bundle = join(folder, 'plain.sparsebundle');
  writeBundle(bundle, disk);
  wrapped.set('sparse bundle', { file: bundle, inside: [] });
  const sealed = join(folder, 'sealed.sparsebundle');
  const options = { bits: 256, password, blockSize: 4096 } as const;
  writeBundle(sealed, disk, {
    token: encryptedToken(options, 0, 0),
    encrypt: (band, firstByte) => encryptBlocks(band, options, firstByte / 4096),
  });
  wrapped.set('encrypted sparse bundle', { file: sealed, inside: [], password });
  wrapped.set('bytes behind the trailer', put('trailing.dmg', Buffer.concat([dmg, Buffer.alloc(3000)])));
  wrapped.set('the trailer in front', put('front.dmg', trailerInFront(dmg)));
});

/** As images were that were written in one go: 512 bytes of trailer, data fork, property list. */
function trailerInFront(image: Buffer): Buffer {
  const at = image.length - koly.size;
  const trailer = koly.decode(image, at);
  const moved = {
    ...trailer,
    dataForkOffset: trailer.dataForkOffset + BigInt(koly.size),
    plistOffset: trailer.plistOffset + BigInt(koly.size),
  };
  return Buffer.concat([koly.encode(moved), image.subarray(0, at)]);
}

const names = [
  ...['AES-128', 'AES-128, blocks of 512', 'AES-256', 'AES-256, blocks of 512'],
  ...['segments, by the first', 'segments, by another', 'sparse bundle', 'encrypted sparse bundle'],
  ...['bytes behind the trailer', 'the trailer in front'],
];

function placeIn(name: string): ImagePath {
  const place = wrapped.get(name);
  if (place === undefined) throw new Error(`${name} was not made`);
  return place;
}

describe.each(names)('%s', (name) => {
  test('is described, verified, converted by any number of threads, listed and checked as its plain kin', async () => {
    const place = placeIn(name);
    const info = await describeDmg(place);
    expect([info.map, info.sectors, info.problems]).toEqual(['gpt', disk.length / 512, []]);
    expect(info.partitions[0]?.volume?.name).toBe('V');
    await verifyDmg(place);
    for (const threads of [0, 2]) {
      const output = join(freshFolder(), 'out.img');
      await convertDmg(place, output, { threads });
      expect(sha256(readFileSync(output))).toBe(sha256(disk));
    }
    const inside = await openInside({ ...place, inside: ['hello'] });
    for await (const each of listFolder(inside.volume, inside.entry, false)) expect(each.path).toBe('hello');
    await inside.close();
    const bytes = await openVolumeBytes(place);
    expect(bytes.volume.size).toBe(4 * mebibyte);
    await bytes.close();
    await expect(
      editImage(place.file, () => undefined, { date: new Date(0), size: (now) => now + mebibyte }),
    ).rejects.toThrow();
  });
});

test.each(names)('%s gives its partition and its files on the command line', async (name) => {
  const { file } = placeIn(name);
  const project = testProject({});
  const extract = async (place: string, output: string, ...more: string[]): Promise<string> => {
    const path = join(project.root, output);
    const given = placeIn(name).password === undefined ? [] : ['--password', 'env:WORD'];
    const ended = await project.run(['dmg', 'extract', place, ...given, ...more, '-o', path], {
      WORD: password,
    });
    expect(ended.code, ended.stderr).toBe(0);
    return path;
  };
  const partition = readFileSync(await extract(file, 'volume.img', '--partition', '1'));
  expect(disk.indexOf(partition)).toBeGreaterThan(0);
  expect(partition).toHaveLength(4 * mebibyte);
  expect(readdirSync(await extract(`${file}:/`, 'files'))).toContain('hello');
});

describe('a password', () => {
  test('is needed, and a wrong one is told at once and by name', async () => {
    const { file } = placeIn('AES-128');
    await expect(openImage(file)).rejects.toMatchObject({ code: 'password-needed' });
    for (const wrong of ['', 'password', 'pass w\u006f\u0308rd'])
      await expect(openImage({ file, inside: [], password: wrong })).rejects.toMatchObject({
        code: 'wrong-password',
      });
  });

  test('is known by the mark behind the keys: padding alone is right for one in 256', async () => {
    const options = { bits: 128, password, mark: 'CKIX\0' } as const;
    const unmarked = put('unmarked.dmg', encryptImage(dmg, options));
    await expect(openImage(unmarked)).rejects.toMatchObject({ code: 'wrong-password' });
  });

  test('comes from the environment or a file, and never stands on the command line', async () => {
    const { file } = placeIn('AES-256');
    const project = testProject({});
    const secret = join(freshFolder(), 'secret');
    writeFileSync(secret, `${password}\nanother line\n`);
    const run = (where: string, variables: Record<string, string> = {}) =>
      project.run(['dmg', 'info', file, '--password', where], variables);
    for (const { code, stdout } of [await run('env:WORD', { WORD: password }), await run(`file:${secret}`)]) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^encryption +AES-256$/m);
    }
    const refused = await run(password);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).not.toContain(password);
    expect((await run('env:NOT_SET')).stderr).toContain('the environment has no NOT_SET');
    expect((await run('prompt')).stderr).toContain('there is no terminal to ask for the password at');
  });

  test('of other seals is no use: they are named', async () => {
    const certificate = put('certificate.dmg', encryptImage(dmg, { bits: 128, password, kind: 2 }));
    await expect(openImage(certificate)).rejects.toThrow(/encrypted for a certificate and not by a password/);
    const first = put('first.dmg', Buffer.concat([dmg, Buffer.alloc(1268), Buffer.from('cdsaencr')]));
    await expect(openImage(first)).rejects.toThrow(/encrypted in the way of OS X 10\.3/);
  });
});

test("hdiutil's own AES-256 image gives the disk of its plain twin", async (context) => {
  const name = 'dmgwiz/input_aes256.dmg';
  if (!has(name))
    context.skip(`${name} is in no source package of Debian's; CIDERMILL_FIXTURES names its folder`);
  const out = freshFolder();
  const place = { file: fixture(name), inside: [], password: 'test123' };
  await convertDmg(place, join(out, 'a'));
  await convertDmg(fixture('dmgwiz/input_zlib.dmg'), join(out, 'b'));
  expect(readFileSync(join(out, 'a')).equals(readFileSync(join(out, 'b')))).toBe(true);
  expect((await verifyDmg(place)).checked).toContain('data fork');
});

describe('segments', () => {
  test('that are missing, of another image, or do not follow one another are told', async () => {
    const here = freshFolder();
    const parts = splitImage(dmg, 3);
    const [first = '', second = '', third = ''] = writeSegments(here, 'a', parts);
    await (await openImage(first)).close();
    rmSync(third);
    await expect(openImage(first)).rejects.toThrow(/segment 1 of 3, and segment 3 is not beside it/);
    writeFileSync(third, splitImage(dmg, 3, Buffer.alloc(16, 8))[2] ?? '');
    await expect(openImage(second)).rejects.toThrow(/segment 2 of 3, and segment 3 is not beside it/);
    const moved = Buffer.from(parts[2] ?? '');
    moved.writeBigUInt64BE(1n, moved.length - koly.size + 16);
    writeFileSync(third, moved);
    await expect(openImage(first)).rejects.toThrow(
      /segment 3: its data begin at 1 and those before it end at \d+/,
    );
  });
});

describe('a sparse bundle', () => {
  test('whose Info.plist is missing, of another kind, or damaged is refused', async () => {
    const bundle = join(freshFolder(), 'x.sparsebundle');
    writeBundle(bundle, disk);
    const info = readFileSync(join(bundle, 'Info.plist'), 'utf8');
    await (await openImage(bundle)).close();
    for (const [from, to, why] of [
      ['com.apple.diskimage.sparsebundle', 'another', /the type is not/],
      ['<integer>1048576<', '<integer>1000<', /"band-size" is not a number of bytes in whole sectors/],
      ['<integer>1<', '<integer>2<', /the version of its backing store is not 1/],
    ] as const) {
      writeFileSync(join(bundle, 'Info.plist'), info.replace(from, to));
      await expect(openImage(bundle)).rejects.toThrow(why);
    }
    rmSync(join(bundle, 'Info.plist'));
    await expect(openImage(bundle)).rejects.toThrow(/cannot be read: no such file or directory/);
  });
});

test('a raw disk with an MBR is converted and made a DMG that 7-Zip reads', async () => {
  const here = freshFolder();
  const raw = mbrDisk([{ type: '0xaf', bytes: await volumeBytes(4 * mebibyte) }]);
  const path = join(here, 'mbr.img');
  writeFileSync(path, raw);
  expect(await describeDmg(path)).toMatchObject({
    map: 'mbr',
    partitions: [{ offset: 32256, kind: 'Apple HFS+' }],
  });
  await createDmg(path, join(here, 'mbr.dmg'));
  await convertDmg(join(here, 'mbr.dmg'), join(here, 'back.img'));
  expect(readFileSync(join(here, 'back.img')).equals(raw)).toBe(true);
  expect(execFileSync('7zz', ['t', '-tdmg', join(here, 'mbr.dmg')], { encoding: 'utf8' })).toContain(
    'Everything is Ok',
  );
});

test('an image in a raw disk, near its end, is not taken for the whole', async () => {
  const big = Buffer.from(disk);
  big.set(dmg.subarray(dmg.length - 512), big.length - 40_000);
  expect((await describeDmg(put('inner.img', big))).format).toBe('raw');
});

test('the disc made of an installer is the same in every wrapping', async () => {
  const here = freshFolder();
  const sample = join(here, 'InstallESD.dmg');
  await makeSample(
    { version: '10.9.5', map: 'gpt', size: 2 * mebibyte, kernel: Buffer.alloc(1000, 1) },
    sample,
  );
  const image = readFileSync(sample);
  await convertDmg(sample, join(here, 'raw'));
  mkdirSync(join(here, 'cut'));
  const [first = ''] = writeSegments(join(here, 'cut'), 'InstallESD', splitImage(image, 2));
  writeBundle(join(here, 'x.sparsebundle'), readFileSync(join(here, 'raw')));
  writeFileSync(join(here, 'sealed.dmg'), encryptImage(image, { bits: 128, password, blockSize: 65536 }));
  writeFileSync(join(here, 'behind.dmg'), Buffer.concat([image, Buffer.alloc(512)]));
  const digests: string[] = [];
  for (const file of [
    sample,
    first,
    join(here, 'x.sparsebundle'),
    join(here, 'sealed.dmg'),
    join(here, 'behind.dmg'),
  ]) {
    const medium = await openMedium({ file, inside: [], password });
    const output = join(here, 'out.iso');
    try {
      await makeIso(medium, await planIso(medium), output);
    } finally {
      await medium.close();
    }
    digests.push(sha256(readFileSync(output)));
  }
  expect(new Set(digests).size).toBe(1);
});
