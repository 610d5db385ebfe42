import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as anyTest } from 'vitest';
import { Failure } from '../../src/base/index.ts';
import { openMedium } from '../../src/installer/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { absence, fsckHfsPlus, makeHfsPlus } from '../rig/judges/index.ts';
import { testProject } from '../rig/project.ts';

const test = anyTest.skipIf(absence('hfsprogs') !== undefined);

test.each([1, 64, 3 * 1024])(
  'a file is added to an empty volume of %d GiB without reading its holes',
  async (gibibytes) => {
    const image = join(freshFolder(), 'large.img');
    writeFileSync(image, '');
    execFileSync('truncate', ['-s', `${gibibytes}G`, image]);
    makeHfsPlus(image, 'large');
    const before = statSync(image).blocks;
    const file = join(freshFolder(), 'hello');
    writeFileSync(file, 'hello\n');
    const project = testProject({});
    const added = await project.run(['hfs', 'add', `${image}:/`, file]);
    expect([added.code, added.stderr]).toEqual([0, '']);
    expect((await project.run(['hfs', 'cat', `${image}:/hello`])).stdout).toBe('hello\n');
    // Of holes nothing has become data: some blocks of the catalog, the bitmap and the file.
    expect(statSync(image).blocks - before).toBeLessThan(2 ** 14);
    const verdict = fsckHfsPlus(image);
    expect(verdict.clean, verdict.said).toBe(true);
  },
);

test('folders made on an HFSX volume of mkfs.hfsplus carry their flag and count', async () => {
  const folder = freshFolder();
  const image = join(folder, 'x.img');
  writeFileSync(image, '');
  execFileSync('truncate', ['-s', '30M', image]);
  makeHfsPlus(image, 'x', ['-s']);
  const said = (): string => fsckHfsPlus(image).said;
  const before = said();
  mkdirSync(join(folder, 'outer/inner'), { recursive: true });
  const added = await testProject({}).run(['hfs', 'add', `${image}:/`, join(folder, 'outer')]);
  expect([added.code, added.stderr]).toEqual([0, '']);
  const flags = (text: string): string[] =>
    text.match(/HasFolderCount flag needs to be set \(id = \d+\)/g) ?? [];
  // The root's is mkfs.hfsplus' own fault, there before.
  expect(flags(said())).toEqual(flags(before));
  expect(said()).not.toMatch(/Incorrect folder count in a directory \(id = (?!2\))/);
});

test("10.13's application is named, with its version where it says so", async () => {
  const app = join(freshFolder(), 'Install macOS High Sierra.app');
  const support = join(app, 'Contents/SharedSupport');
  mkdirSync(support, { recursive: true });
  for (const name of ['BaseSystem.dmg', 'InstallESD.dmg']) writeFileSync(join(support, name), '');
  const refused = (): Promise<unknown> => openMedium(app).catch((error: unknown) => error);
  expect(await refused()).toBeInstanceOf(Failure);
  expect(((await refused()) as Failure).message).toMatch(
    /^"Install macOS High Sierra" is laid out as the installers of macOS 10\.13 and later are/,
  );
  writeFileSync(
    join(app, 'Contents/Info.plist'),
    '<plist version="1.0"><dict><key>CFBundleShortVersionString</key><string>13.6.02</string></dict></plist>',
  );
  expect(((await refused()) as Failure).message).toContain(
    '"Install macOS High Sierra" (macOS 10.13.6) is laid out',
  );
});

test('dmg convert takes its output by -o and by position, and one of them only', async () => {
  const folder = freshFolder();
  const image = join(folder, 'v.img');
  writeFileSync(image, '');
  execFileSync('truncate', ['-s', '4M', image]);
  makeHfsPlus(image, 'v');
  const project = testProject({});
  const convert = (...args: string[]) => project.run(['dmg', 'convert', image, ...args]);
  expect((await convert('-o', join(folder, 'a'))).code).toBe(0);
  expect((await convert(join(folder, 'b'))).code).toBe(0);
  expect([existsSync(join(folder, 'a')), existsSync(join(folder, 'b'))]).toEqual([true, true]);
  expect((await convert()).stderr).toContain('no output is given');
  expect((await convert('-o', join(folder, 'c'), join(folder, 'd'))).stderr).toContain(
    'two outputs are given',
  );
});
