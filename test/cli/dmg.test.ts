import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeApm } from '../../src/formats/apm/index.ts';
import { makeChunklist } from '../../src/formats/chunklist/index.ts';
import { newVolume, type VolumeEditor } from '../../src/formats/hfsplus/index.ts';
import { gptTypes, makeGpt } from '../../src/formats/gpt/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { createDmg, openTarget } from '../../src/image/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { testProject, type Ended } from '../rig/project.ts';
import { sevenZipDisk } from '../rig/seven-zip.ts';
import { writeSparse } from '../rig/images/sparse-writer.ts';

/** An image with a map whose volume holds another image with another map, and the chunklist of that. */
interface Images {
  readonly outer: Buffer;
  readonly inner: Buffer;
  readonly innerVolume: Buffer;
  /** The inner image's disk. */
  readonly disk: Buffer;
}

let made: Promise<Images> | undefined;
const images = (): Promise<Images> => (made ??= makeImages());
const id = '11111111-2222-4333-8444-555555555555';

async function makeImages(): Promise<Images> {
  const folder = freshFolder();
  const innerVolume = await volume(join(folder, 'inner.hfs'), 'Base', (editor) => {
    const system = editor.makeFolder(editor.root, 'System');
    editor.putFile(system, 'version', { data: memorySource(Buffer.from('10.9')) });
  });
  const { length: size } = innerVolume;
  const inner = disk(
    makeGpt({ disk: id, partitions: [{ type: gptTypes.hfs, id, name: 'disk image', size }] }),
    innerVolume,
  );
  await createDmg(memorySource(inner), join(folder, 'inner.dmg'));
  const dmg = readFileSync(join(folder, 'inner.dmg'));
  const chunklist = Buffer.from(await makeChunklist(memorySource(dmg)));
  const outerVolume = await volume(join(folder, 'outer.hfs'), 'Installer', (editor) => {
    editor.putFile(editor.root, 'Base.dmg', { data: memorySource(dmg) });
    editor.putFile(editor.root, 'Base.chunklist', { data: memorySource(chunklist) });
  });
  const outer = disk(
    makeApm({
      partitions: [{ type: 'Apple_HFS', name: 'disk image', size: outerVolume.length }],
      driver: true,
    }),
    outerVolume,
  );
  await createDmg(memorySource(outer), join(folder, 'outer.dmg'));
  return { outer: readFileSync(join(folder, 'outer.dmg')), inner: dmg, innerVolume, disk: inner };
}

async function volume(path: string, name: string, fill: (editor: VolumeEditor) => void): Promise<Buffer> {
  const editor = newVolume({ name, date: new Date('2020-01-02T03:04:05Z') });
  fill(editor);
  const target = await openTarget(path, 'new');
  await editor.commit(target, { size: editor.sizeNeeded() });
  await target.close();
  return readFileSync(path);
}

function disk(map: ReturnType<typeof makeGpt>, content: Buffer): Buffer {
  const bytes = Buffer.alloc(map.size);
  for (const each of map.patches) bytes.set(each.bytes, each.offset);
  bytes.set(content, map.partitions.at(-1)?.offset);
  return bytes;
}

/** Runs `cidermill dmg …` in a folder with the images. */
async function project(): Promise<{
  root: string;
  built: Images;
  dmg: (...args: string[]) => Promise<Ended>;
}> {
  const built = await images();
  const { root, ...rest } = testProject({});
  writeFileSync(join(root, 'outer.dmg'), built.outer);
  return { root, built, dmg: (...args) => rest.run(['dmg', ...args]) };
}

test('list shows partitions by number, and goes on into volumes and images inside', async () => {
  const { dmg } = await project();
  const outer = await dmg('list', 'outer.dmg');
  expect(outer).toMatchObject({ code: 0, stderr: '' });
  expect(outer.stdout).toMatch(/^ 1 {2}Apple_partition_map "Apple" .*\n/);
  expect(outer.stdout).toMatch(/\n \d {2}Apple_HFS "disk image" {2}\S+ \S+ at \d+ {2}HFS\+ "Installer"\n/);
  const inner = await dmg('list', 'outer.dmg:/Base.dmg', '-r');
  expect(inner.stdout).toMatch(/^ 1 {2}Apple HFS\+ "disk image" {2}\S+ \S+ at 20480 {2}HFS\+ "Base"\n/);
  expect(inner.stdout).toMatch(/\n +100644 +4 {2}System\/version\n/);
  const folder = await dmg('list', 'outer.dmg:/Base.dmg:/System');
  expect(folder.stdout).toMatch(/^100644 +4 {2}version\n$/);
  const file = await dmg('list', 'outer.dmg:/Base.chunklist');
  expect(file.stdout).toMatch(/^100644 +\d+ {2}Base.chunklist\n$/);
  const [one] = JSON.parse((await dmg('list', 'outer.dmg:/Base.dmg', '--json', '-r')).stdout) as object[];
  expect(one).toMatchObject({ number: 1, volume: { name: 'Base' }, entries: [{ path: 'System' }, {}] });
});

test('cat gives out a file of an image inside an image', async () => {
  const { dmg } = await project();
  expect(await dmg('cat', 'outer.dmg:/Base.dmg:/System/version')).toEqual({
    code: 0,
    stdout: '10.9',
    stderr: '',
  });
});

test('extract writes one partition, all of them, or a folder', async () => {
  const { root, built, dmg } = await project();
  for (const [wanted, out] of [
    ['1', 'by-number'],
    ['disk image', 'by-name'],
  ] as const) {
    const { code, stdout } = await dmg('extract', 'outer.dmg:/Base.dmg', '--partition', wanted, '-o', out);
    expect(code).toBe(0);
    expect(stdout).toContain('partition 1');
    expect(readFileSync(join(root, out)).equals(built.innerVolume)).toBe(true);
  }
  expect((await dmg('extract', 'outer.dmg', '-o', 'all')).code).toBe(0);
  const all = readdirSync(join(root, 'all'));
  expect(all).toHaveLength(2);
  expect(all.every((name) => /^\d (Macintosh|disk image)\.img$/.test(name))).toBe(true);
  expect((await dmg('extract', 'outer.dmg:/Base.dmg:/System', '-o', 'files')).code).toBe(0);
  expect(readFileSync(join(root, 'files/version'), 'utf8')).toBe('10.9');
});

test('what extract cannot do is wrong use or one error, and leaves nothing', async () => {
  const { root, built, dmg } = await project();
  const before = readdirSync(root).sort();
  const unknown = await dmg('extract', 'outer.dmg', '--partition', '9', '-o', 'out');
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('hint: There are: 1 Apple_partition_map');
  expect((await dmg('extract', 'outer.dmg:/Base.chunklist', '--partition', '1', '-o', 'out')).code).toBe(2);
  expect((await dmg('extract', 'outer.dmg:/nothing', '-o', 'out')).code).toBe(2);
  const bytes = Buffer.from(built.outer);
  // The last of the data: the volume's.
  const end = bytes.indexOf('<?xml');
  bytes.fill(0, end - 200, end - 20);
  writeFileSync(join(root, 'outer.dmg'), bytes);
  const damaged = await dmg('extract', 'outer.dmg', '-o', 'out');
  expect(damaged.code).toBe(1);
  expect(damaged.stderr).not.toContain('a bug in cidermill');
  expect(readdirSync(root).sort()).toEqual(before);
});

test('convert and verify take an image inside an image, and its chunklist', async () => {
  const { root, built, dmg } = await project();
  expect((await dmg('convert', 'outer.dmg:/Base.dmg', 'base.img')).code).toBe(0);
  expect(readFileSync(join(root, 'base.img')).equals(built.disk)).toBe(true);
  const list = 'outer.dmg:/Base.chunklist';
  const right = await dmg('verify', 'outer.dmg:/Base.dmg', '--chunklist', list);
  expect(right).toMatchObject({ code: 0, stderr: '' });
  expect(right.stdout).toContain(
    'all correct: 1 chunks of the list; the list has a digest in place of a signature',
  );
  expect(right.stdout).toContain('correct: data fork, master, Protective Master Boot Record');
  const told = await dmg('verify', 'outer.dmg:/Base.dmg', '--chunklist', list, '--json');
  const json = JSON.parse(told.stdout) as {
    readonly checked: readonly string[];
    readonly unchecked: unknown;
  };
  expect(json).toMatchObject({ unchecked: [], chunklist: { chunks: 1, vouched: 'digest' } });
  expect(json.checked.slice(0, 2)).toEqual(['data fork', 'master']);
  const wrong = await dmg('verify', 'outer.dmg', '--chunklist', list);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain('the chunk list is of');
  expect((await dmg('verify', 'outer.dmg', '--key', 'nothing')).code).toBe(2);
});

test('create makes of a raw or a sparse image what 7-Zip reads', async () => {
  const { root, built, dmg } = await project();
  writeFileSync(join(root, 'disk.img'), built.disk);
  const padded = Buffer.concat([built.disk, Buffer.alloc(-built.disk.length & (2 ** 20 - 1))]);
  const order = Array.from({ length: padded.length / 2 ** 20 }, (_, index) => index).reverse();
  writeFileSync(join(root, 'disk.sparseimage'), writeSparse(built.disk, order));
  for (const [input, format] of [
    ['disk.img', 'UDZO'],
    ['disk.img', 'UDRO'],
    ['disk.sparseimage', 'UDZO'],
  ] as const) {
    const { code, stdout } = await dmg('create', input, '-o', 'made.dmg', '--format', format);
    expect(code).toBe(0);
    expect(stdout).toContain('made.dmg: ');
    expect(sevenZipDisk(join(root, 'made.dmg')).equals(built.disk)).toBe(true);
  }
  expect((await dmg('create', 'disk.img', '-o', 'no.dmg', '--format', 'UDBZ')).code).toBe(2);
  expect((await dmg('create', 'disk.img', '-o', 'no.dmg', '--level', '0')).code).toBe(2);
  expect(existsSync(join(root, 'no.dmg'))).toBe(false);
});

test('7-Zip finds the inner image in the outer', async () => {
  const folder = freshFolder();
  const built = await images();
  writeFileSync(join(folder, 'outer.dmg'), built.outer);
  execFileSync('7zz', ['x', '-y', `-o${folder}`, join(folder, 'outer.dmg'), 'Installer/Base.dmg'], {
    stdio: 'pipe',
  });
  expect(readFileSync(join(folder, 'Installer/Base.dmg')).equals(built.inner)).toBe(true);
});

describe('on a disk of 2 MiB', () => {
  const noise = randomBytes(3 * 2 ** 20);
  const launch = join(packageRoot, 'bin/cidermill.mjs');

  /** Runs a command with such a disk at /mnt, and says what it leaves there. */
  function onSmallDisk(root: string, args: readonly string[]): { stderr: string; left: string } {
    const world = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--chdir', root];
    const small = ['--size', String(2 * 2 ** 20), '--tmpfs', '/mnt'];
    const script = '"$@"; echo "ended with $?:" $(ls -A /mnt)';
    const run = ['sh', '-c', script, 'sh', process.execPath, launch, ...args];
    const env = { ...process.env, NO_COLOR: '1' };
    const { stdout, stderr } = spawnSync('bwrap', [...world, ...small, ...run], { encoding: 'utf8', env });
    return { stderr, left: stdout };
  }

  test('an image that is visibly too large is not begun', async () => {
    const { root } = await project();
    await createDmg(memorySource(noise), join(root, 'large.dmg'));
    const { stderr, left } = onSmallDisk(root, ['dmg', 'convert', 'large.dmg', '/mnt/out.img']);
    expect(left).toBe('ended with 1:\n');
    expect(stderr).toMatch(
      /^error: no space left on the disk of \/mnt: [23]\.\d MiB needed, 2\.0 MiB of 2\.0 MiB free\nhint: /,
    );
  });

  test('one whose size shows only in the end leaves nothing', async () => {
    const { root } = await project();
    writeFileSync(join(root, 'noise.sparseimage'), writeSparse(noise, [2, 1, 0]));
    const { stderr, left } = onSmallDisk(root, ['dmg', 'create', 'noise.sparseimage', '-o', '/mnt/out.dmg']);
    expect(left).toBe('ended with 1:\n');
    expect(stderr).toMatch(/^error: no space left on the disk of \/mnt: .* free\n/);
  });
});
