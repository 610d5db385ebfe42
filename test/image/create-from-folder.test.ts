import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import {
  convertDmg,
  createFromFolder,
  describeDmg,
  listFolder,
  openInside,
  openImage,
} from '../../src/image/index.ts';
import { partitionSource, partitionsOf } from '../../src/image/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { fsckHfsPlus, kernelListings, needs } from '../rig/judges/index.ts';
import { testProject } from '../rig/project.ts';

const time = 1_343_217_600;
const count = 5000;

/** Programs, documents and links; every date is set, so that copies have the same. */
function makeFolder(): string {
  const folder = join(freshFolder(), 'any name');
  for (let index = 0; index < count; index++) {
    const into = join(folder, 'Contents', `part ${index % 40}`);
    if (index < 40) mkdirSync(into, { recursive: true });
    const path = join(into, `file ${index}`);
    writeFileSync(path, `file ${index}\n`.repeat(index % 30));
    if (index % 7 === 0) chmodSync(path, 0o755);
    utimesSync(path, time - index, time - index);
  }
  linkSync(join(folder, 'Contents/part 1/file 1'), join(folder, 'hard'));
  symlinkSync('Contents/part 2', join(folder, 'soft'));
  execFileSync('touch', ['-h', '-d', `@${time}`, join(folder, 'soft')]);
  for (let index = 0; index < 40; index++) utimesSync(join(folder, 'Contents', `part ${index}`), time, time);
  utimesSync(join(folder, 'Contents'), time, time);
  return folder;
}

test('a folder of 5000 files gives the same bytes in two places and on two days, and others read them', async (context) => {
  const out = freshFolder();
  const dmg = join(out, 'one.dmg');
  const folder = makeFolder();
  const { added } = await createFromFolder(folder, dmg, { name: 'My App', applications: true });
  expect([added.files, added.folders]).toEqual([count + 2, 41]);
  const other = makeFolder();
  // The folder itself is not in the volume: its date is that of the copy.
  utimesSync(other, time + 1e8, time + 1e8);
  await createFromFolder(other, join(out, 'two.dmg'), { name: 'My App', applications: true, threads: 0 });
  expect(sha256(readFileSync(join(out, 'two.dmg')))).toBe(sha256(readFileSync(dmg)));

  const { map, partitions } = await describeDmg(dmg);
  expect([map, partitions[0]?.volume?.name]).toEqual(['gpt', 'My App']);
  const inside = await openInside(dmg);
  const seen = new Map<string, { mode: string; modified?: string; target?: string; id: number }>();
  for await (const each of listFolder(inside.volume, inside.entry, true)) seen.set(each.path, each);
  await inside.close();
  expect(seen.get('Applications')).toMatchObject({ target: '/Applications' });
  expect(seen.get('soft')).toMatchObject({ target: 'Contents/part 2' });
  expect(seen.get('Contents/part 7/file 7')).toMatchObject({
    mode: '100755',
    modified: new Date((time - 7) * 1000).toISOString(),
  });
  expect(seen.get('hard')?.id).toBe(seen.get('Contents/part 1/file 1')?.id);

  expect(execFileSync('7zz', ['t', '-tdmg', dmg], { encoding: 'utf8' })).toContain('Everything is Ok');
  const raw = join(out, 'disk.img');
  await convertDmg(dmg, raw);
  needs(context, 'hfsprogs', 'linux');
  const image = await openImage(raw);
  const [partition] = await partitionsOf(image.disk);
  if (partition === undefined) throw new Error('there is no partition');
  const { size } = partitionSource(image.disk, partition);
  await image.close();
  const verdict = fsckHfsPlus(raw, { offset: partition.offset, size });
  expect(verdict.clean, verdict.said).toBe(true);
  const [listing] = await kernelListings([raw]);
  for (const name of ['Contents/part 7/file 7', 'Contents/part 3/file 4963', 'hard'])
    expect(listing?.get(name)?.sha256, name).toBe(sha256(readFileSync(join(folder, name))));
});

test('the command line makes one, raw or compressed, and refuses what is for folders alone', async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/a'), 'a\n');
  const project = testProject({});
  const create = (...args: string[]) => project.run(['dmg', 'create', ...args]);
  for (const kind of ['zlib', 'raw']) {
    const dmg = join(folder, `${kind}.dmg`);
    const made = await create(join(folder, 'src'), '-o', dmg, '--kind', kind, '--name', 'V');
    expect([made.code, made.stderr]).toEqual([0, '']);
    const listed = await project.run(['dmg', 'list', `${dmg}:/`]);
    expect(listed.stdout).toMatch(/^100644 +2 +a$/m);
  }
  const again = await create(join(folder, 'raw.dmg'), '-o', join(folder, 'b.dmg'), '--name', 'V');
  expect(again.code).not.toBe(0);
  expect(again.stderr).toContain('--name, --applications and --xattrs are for a folder');
});
