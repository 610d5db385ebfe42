import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { findEntry, openFork } from '../../src/formats/hfsplus/index.ts';
import { parseDump } from '../../src/image/edit/host-attributes.ts';
import { convertDmg, createFromFolder, openImage, openInside, partitionsOf } from '../../src/image/index.ts';
import { partitionSource } from '../../src/image/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { cached } from '../rig/judges/cache.ts';
import { fsckHfsPlus, needs } from '../rig/judges/index.ts';
import { testProject } from '../rig/project.ts';

const tools = cached('attr/usr/bin');
beforeAll(() => {
  process.env['PATH'] = `${tools}:${process.env['PATH'] ?? ''}`;
});

const time = 1_343_217_600;
const info = Buffer.from('TEXTttxt'.padEnd(32, '\0'), 'latin1');
const long = Buffer.alloc(3000, 'long ');

function makeFolder(): string {
  const folder = join(freshFolder(), 'Ünï = \\ folder');
  mkdirSync(join(folder, 'inner\nline'), { recursive: true });
  writeFileSync(join(folder, 'inner\nline/a file'), 'a file\n');
  writeFileSync(join(folder, 'plain'), 'plain\n');
  chmodSync(join(folder, 'plain'), 0o444);
  const set = (path: string, name: string, value: Buffer): void => {
    execFileSync(join(tools, 'setfattr'), [
      ...['-n', `user.${name}`, '-v', `0s${value.toString('base64')}`, join(folder, path)],
    ]);
  };
  set('inner\nline/a file', 'com.apple.FinderInfo', info);
  set('inner\nline/a file', 'com.apple.ResourceFork', Buffer.from('a resource fork'));
  set('inner\nline/a file', 'org.example.grüße', Buffer.from([0, 255, 10, 61]));
  set('inner\nline/a file', 'org.example.long', long);
  set('inner\nline', 'org.example.of a folder', Buffer.from('f'));
  for (const path of ['inner\nline/a file', 'plain', 'inner\nline'])
    utimesSync(join(folder, path), time, time);
  return folder;
}

describe('the extended attributes of a folder', () => {
  it('are in the DMG that is made of it, with the resource fork and the Finder information', async (context) => {
    needs(context, 'attr', 'hfsprogs');
    const out = freshFolder();
    const [dmg, again, without] = ['a', 'b', 'c'].map((name) => join(out, `${name}.dmg`)) as [
      ...[string, string, string],
    ];
    await createFromFolder(makeFolder(), dmg, { name: 'V', xattrs: true });
    await createFromFolder(makeFolder(), again, { name: 'V', xattrs: true });
    await createFromFolder(makeFolder(), without, { name: 'V' });
    expect(sha256(readFileSync(again))).toBe(sha256(readFileSync(dmg)));

    const attributesIn = async (path: string): Promise<Record<string, unknown>> => {
      const inside = await openInside(path);
      const { volume } = inside;
      const of = (name: string): Record<string, string> => {
        const own = volume.attributes.get(findEntry(volume, name)?.id ?? 0) ?? new Map<string, never>();
        return Object.fromEntries(
          [...own].map(([key, value]) => [
            key,
            value.kind === 'inline' ? Buffer.from(value.data).toString('base64') : value.kind,
          ]),
        );
      };
      const file = findEntry(volume, 'inner\nline/a file');
      if (file === undefined) throw new Error('the file is not there');
      const fork = openFork(volume, file, 'resource');
      const found = {
        file: of('inner\nline/a file'),
        folder: of('inner\nline'),
        plain: of('plain'),
        resource: Buffer.from(await fork.read(0, fork.size)).toString(),
        info: file.record.subarray(48, 80).toString('latin1'),
      };
      await inside.close();
      return found;
    };
    expect(await attributesIn(dmg)).toEqual({
      file: {
        ['org.example.grüße'.normalize('NFD')]: Buffer.from([0, 255, 10, 61]).toString('base64'),
        'org.example.long': long.toString('base64'),
      },
      folder: { 'org.example.of a folder': Buffer.from('f').toString('base64') },
      plain: {},
      resource: 'a resource fork',
      info: info.toString('latin1'),
    });
    expect(await attributesIn(without)).toMatchObject({ file: {}, folder: {}, resource: '' });

    const raw = join(out, 'disk.img');
    await convertDmg(dmg, raw);
    const image = await openImage(raw);
    const [partition] = await partitionsOf(image.disk);
    if (partition === undefined) throw new Error('there is no partition');
    const { size } = partitionSource(image.disk, partition);
    await image.close();
    const verdict = fsckHfsPlus(raw, { offset: partition.offset, size });
    expect(verdict.clean, verdict.said).toBe(true);
  });

  it('are asked of getfattr, whose package is named where it is not there', async (context) => {
    needs(context, 'attr');
    const project = testProject({ 'src/a': 'a\n' });
    const create = ['dmg', 'create', 'src', '-o', 'a.dmg', '--xattrs'];
    expect(await project.run(create)).toMatchObject({ code: 0, stderr: '' });
    const bare = freshFolder();
    const absent = await project.run(create.with(4, 'b.dmg'), { PATH: bare });
    expect(absent.code).not.toBe(0);
    expect(absent.stderr).toContain('the program getfattr is needed but is not installed');
    expect(absent.stderr).toContain('hint: Install attr.');
  });

  it('are read as getfattr writes them: escapes, empty values, nothing that is not a user’s', () => {
    const dump =
      '# file: /a\\040b\\012c\nuser.x\\075y=0sYWI=\nuser.none\nsecurity.z=0sYWI=\n\n# file: /d\n\nnoise\n\n';
    expect([...parseDump(Buffer.from(dump))]).toEqual([
      [
        '/a b\nc',
        {
          attributes: new Map([
            ['x=y', Buffer.from('ab')],
            ['none', Buffer.alloc(0)],
          ]),
        },
      ],
      ['/d', {}],
    ]);
  });
});
