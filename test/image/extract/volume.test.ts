import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  newVolume,
  openVolume,
  type HfsVolume,
  type VolumeEditor,
} from '../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import {
  extractVolume,
  openInside,
  type ExtractionPlan,
  type ExtractOptions,
} from '../../../src/image/index.ts';
import { leadsInside } from '../../../src/image/extract/link-target.ts';
import { fixture } from '../../rig/fixtures.ts';
import { freshFolder } from '../../rig/folder.ts';
import { volumeWithFolderLinks } from '../../rig/images/folder-links.ts';
import { kernelListings, needs } from '../../rig/judges/index.ts';
import { fragmented, linuxVolume } from '../../rig/images/linux-volume.ts';
import { testProject } from '../../rig/project.ts';
import { commitNew, judge, pattern } from '../../formats/hfsplus/write/rig.ts';

test('all of a volume is extracted as Linux reads it: bytes, modes, times, symbolic and hard links', async (context) => {
  needs(context, 'hfsprogs', 'linux');
  const image = await linuxVolume(fragmented);
  const out = join(freshFolder(), 'out');
  const { volume, entry, close } = await openInside(image);
  const plan = await extractVolume(volume, entry, out, { outsideLinks: true });
  await close();
  expect([...plan.devices].sort()).toEqual(['deep/null', 'deep/pipe']);
  const [listing] = await kernelListings([image]);
  const links = new Map<number, number>();
  const theirs = new Map<string, object>(
    [...(listing ?? [])]
      .filter(([, { kind }]) => kind !== 'other')
      .map(([path, each]) => {
        // Linux counts the links; which are one file is compared below.
        if (each.kind === 'file') links.set(each.inode, (links.get(each.inode) ?? 0) + 1);
        const { kind, mode, modified, sha256, target } = each;
        return [
          path.normalize('NFC'),
          kind === 'symlink' ? { target } : { kind, mode: mode & 0o777, modified, sha256 },
        ];
      }),
  );
  const ours = new Map<string, object>(
    ['', ...readdirSync(out, { recursive: true, encoding: 'utf8' })].map((path) => {
      const whole = join(out, path);
      const stat = lstatSync(whole);
      if (stat.isSymbolicLink()) return [path, { target: readlinkSync(whole) }] as const;
      const kind = stat.isDirectory() ? 'folder' : 'file';
      const sha256 =
        kind === 'file' ? createHash('sha256').update(readFileSync(whole)).digest('hex') : undefined;
      return [path, { kind, mode: stat.mode & 0o777, modified: stat.mtimeMs / 1000, sha256 }] as const;
    }),
  );
  // The folder that is made has this moment's date.
  for (const each of [ours, theirs]) each.delete('');
  expect(ours).toEqual(theirs);
  expect(lstatSync(join(out, 'pieces')).nlink).toBe(3);
  expect(lstatSync(join(out, 'deep/hard')).ino).toBe(lstatSync(join(out, 'pieces')).ino);
});

const packageRoot = join(import.meta.dirname, '../../..');

/** A new volume, opened. */
async function made(fill: (editor: VolumeEditor) => void): Promise<HfsVolume> {
  return opened(await commitNew(filled(fill)));
}

function filled(fill: (editor: VolumeEditor) => void): VolumeEditor {
  const editor = newVolume({ name: 'made', date: new Date('2020-01-02T03:04:05Z') });
  fill(editor);
  return editor;
}

async function opened(path: string): Promise<HfsVolume> {
  return openVolume(memorySource(readFileSync(path)));
}

const text = (words: string): { data: ReturnType<typeof memorySource> } => ({
  data: memorySource(Buffer.from(words)),
});

async function extracted(
  volume: HfsVolume,
  options: ExtractOptions = {},
): Promise<{ out: string; plan: ExtractionPlan }> {
  const out = join(freshFolder(), 'out');
  return { out, plan: await extractVolume(volume, volume.catalog.root, out, options) };
}

test('links that lead outside are left out and named, unless they are asked for', async () => {
  const volume = await made((editor) => {
    const folder = editor.makeFolder(editor.root, 'folder');
    for (const [name, target] of Object.entries({
      up: '../inside',
      far: '../../outside',
      absolute: '/etc/passwd',
      through: 'up/../../../etc',
    }))
      editor.putSymlink(folder, name, target);
    editor.putFile(editor.root, 'inside', text('in'));
  });
  const { out, plan } = await extracted(volume);
  expect(readdirSync(join(out, 'folder'))).toEqual(['up']);
  expect(plan.outside.map(({ path }) => path).sort()).toEqual([
    'folder/absolute',
    'folder/far',
    'folder/through',
  ]);
  const all = await extracted(volume, { outsideLinks: true });
  expect(readlinkSync(join(all.out, 'folder/absolute'))).toBe('/etc/passwd');
});

test.each([
  ['a', 'b', true],
  ['a', '..', false],
  ['x/a', '..', true],
  ['x/a', '../..', false],
  ['x/y/a', '../../b/./c', true],
  ['x/a', 'b/..', false],
  ['a', '/b', false],
  ['a', '', false],
])('a link at %s to %s leads inside: %s', (path, target, inside) => {
  expect(leadsInside(path, target)).toBe(inside);
});

test('a folder with hard links has one place, and its others become symbolic links', async () => {
  const path = await volumeWithFolderLinks();
  await judge(path);
  const { out } = await extracted(await opened(path));
  expect(readdirSync(out).sort()).toEqual(['a', 'b']);
  expect(readdirSync(join(out, 'a/linked'))).toEqual(['file']);
  expect(readlinkSync(join(out, 'b/linked'))).toBe('../a/linked');
});

test('Finder info and resource forks are kept as AppleDouble where it is asked for, and counted where not', async () => {
  const userInfo = Buffer.from('TEXTttxt\0\0\0\0\0\0\0\0', 'latin1');
  const volume = await made((editor) =>
    editor.putFile(editor.root, 'file', {
      ...text('data'),
      resource: memorySource(Buffer.from('fork')),
      userInfo,
    }),
  );
  expect((await extracted(volume)).plan.resourceForks).toBe(1);
  const { out } = await extracted(volume, { appleDouble: true });
  // RFC 1740, appendix B.
  const head = '00051607 00020000 00000000000000000000000000000000 0002';
  const entries = '00000009 00000032 00000020 00000002 00000052 00000004';
  const bytes = Buffer.from((head + entries).replaceAll(' ', ''), 'hex');
  expect(readFileSync(join(out, '._file'))).toEqual(
    Buffer.concat([bytes, userInfo, Buffer.alloc(16), Buffer.from('fork')]),
  );
});

test('nothing is left when it is interrupted, and a folder with something in it is not touched', async () => {
  const volume = await made((editor) => {
    for (let index = 0; index < 10; index++) editor.putFile(editor.root, `file ${index}`, text('words'));
  });
  const folder = freshFolder();
  const controller = new AbortController();
  const options = { signal: controller.signal, onProgress: (): void => controller.abort() };
  await expect(extractVolume(volume, volume.catalog.root, join(folder, 'out'), options)).rejects.toThrow(
    'aborted',
  );
  expect(readdirSync(folder)).toEqual([]);
  mkdirSync(join(folder, 'out'));
  writeFileSync(join(folder, 'out/mine'), '');
  await expect(extractVolume(volume, volume.catalog.root, join(folder, 'out'))).rejects.toThrow(
    'exists and is not empty',
  );
  expect(readdirSync(join(folder, 'out'))).toEqual(['mine']);
});

test('a full disk is said before anything is written where that can be known, and leaves nothing in any case', async () => {
  const folder = freshFolder();
  const large = await commitNew(
    filled((editor) => editor.putFile(editor.root, 'large', { data: pattern(1, 3_000_000) })),
  );
  // Each takes a page of the disk for its one byte.
  const many = await commitNew(
    filled((editor) => {
      for (let index = 0; index < 600; index++)
        editor.putFile(editor.root, `file ${index}`, { data: pattern(index, 1) });
    }),
  );
  for (const [image, message] of [
    [large, /takes 3000000 bytes and its disk has \d+ left/],
    [many, /no space left on the disk of /],
  ] as const) {
    const { stdout, stderr } = spawnSync(
      'bwrap',
      [
        ...['--dev-bind', '/', '/', '--size', '1000000', '--tmpfs', folder],
        ...['sh', '-c', '"$@"; echo "code $?"; ls -A .', 'sh'],
        ...[process.execPath, join(packageRoot, 'bin/cidermill.mjs'), 'hfs', 'extract', image, '-o', 'out'],
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(stdout).toBe('code 1\n');
    expect(stderr).toMatch(message);
  }
});

test('the command line extracts a folder, a file and compressed files', async () => {
  const folder = freshFolder();
  const project = testProject({});
  const raw = fixture('dfvfs/hfsplus.raw');
  const whole = await project.run(['hfs', 'extract', raw, '-o', join(folder, 'whole')]);
  expect([whole.code, whole.stderr]).toEqual([0, '']);
  expect(whole.stdout).toContain(`${join(folder, 'whole')}: `);
  expect(readdirSync(join(folder, 'whole/a_directory')).sort()).toEqual([
    'a_file',
    'a_resourcefork',
    'another_file',
  ]);
  await project.run(['hfs', 'extract', `${raw}:/a_directory/a_file`, '-o', join(folder, 'one')]);
  expect(readFileSync(join(folder, 'one/a_file'))).toEqual(
    readFileSync(join(folder, 'whole/a_directory/a_file')),
  );
  const none = await project.run(['hfs', 'extract', `${raw}:/nothing`, '-o', join(folder, 'none')]);
  expect([none.code, readdirSync(folder).sort()]).toEqual([2, ['one', 'whole']]);
});
