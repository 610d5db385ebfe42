import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { readMember, readXar } from '../../src/formats/xar/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { testProject } from '../rig/project.ts';
import { fileElement, makeXar } from '../rig/images/xar-maker.ts';

const words = Buffer.from('one file of two names\n'.repeat(100));

const original = fileElement(1, 'first', words, { type: '<type link="original">hardlink</type>' });
const link = (id: number, name: string, to: string): string =>
  `<file id="${id}"><name>${name}</name><type link="${to}">hardlink</type><mode>0644</mode></file>`;

async function contents(archive: Uint8Array): Promise<Record<string, string>> {
  const source = memorySource(archive);
  const found: Record<string, string> = {};
  for (const member of (await readXar(source))?.members ?? []) {
    const parts: Uint8Array[] = [];
    for await (const part of readMember(source, member)) parts.push(part);
    found[member.path] = Buffer.concat(parts).toString();
  }
  return found;
}

test.each([
  ['behind the file', original + link(2, 'second', '1')],
  ['before it', link(2, 'second', '1') + original],
])('a hard link %s has its data, and is extracted as a name of it', async (_, files) => {
  const archive = makeXar(files, words);
  expect(await contents(archive)).toEqual({ first: words.toString(), second: words.toString() });

  const folder = freshFolder();
  const path = join(folder, 'a.xar');
  writeFileSync(path, archive);
  const project = testProject({});
  const listed = await project.run(['pkg', 'list', path]);
  expect(
    listed.stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort(),
  ).toEqual(['- 0644        2200  first', '- 0644        2200  second']);
  expect((await project.run(['pkg', 'cat', path, 'second'])).stdout).toBe(words.toString());
  const extracted = await project.run(['pkg', 'extract', path, '-o', join(folder, 'out')]);
  expect([extracted.code, extracted.stdout]).toEqual([0, `${join(folder, 'out')}: 2 files\n`]);
  const [first, second] = ['first', 'second'].map((name) => lstatSync(join(folder, 'out', name)));
  expect([first?.ino, first?.nlink, first?.size]).toEqual([second?.ino, 2, 2200]);
  expect(readFileSync(join(folder, 'out/second'))).toEqual(words);
});

test('a hard link to nothing, to a link and to a folder are refused', async () => {
  const folder = '<file id="7"><name>folder</name><type>directory</type></file>';
  expect(await contents(makeXar(original + folder + link(2, 'second', '1'), words))).toHaveProperty('second');
  for (const files of [
    link(2, 'second', '9'),
    link(2, 'second', '3') + link(3, 'third', '2'),
    folder + link(2, 'second', '7'),
  ]) {
    const refused = contents(makeXar(original + files, words));
    await expect(refused).rejects.toThrow(/the hard link "(second|third)" leads to no file/);
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  }
});

test('a member of a type unknown is refused, a device is listed', async () => {
  const of = (type: string): Buffer =>
    makeXar(fileElement(1, 'odd', words, { type: `<type>${type}</type>` }), words);
  for (const known of ['fifo', 'character special', 'block special', 'socket', 'whiteout'])
    expect((await readXar(memorySource(of(known))))?.members[0]?.kind).toBe('other');
  await expect(readXar(memorySource(of('portal')))).rejects.toThrow(
    '"odd" is of the type "portal", which is not known',
  );
});

test.each(['application/x-lzma', 'application/x-xz'])(
  'a member in %s is decoded, whichever of the two formats it has',
  async (encoding) => {
    for (const format of ['lzma', 'xz']) {
      const packed = execFileSync('xz', ['-c', `--format=${format}`], { input: words });
      const file = fileElement(1, 'packed', packed, { encoding, size: words.length });
      expect(await contents(makeXar(file, packed))).toEqual({ packed: words.toString() });
    }
  },
);
