import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { unpackArchive } from '../../src/archive/unpack.ts';
import type { UnpackLimits } from '../../src/archive/unpacked-tree.ts';
import type { Compression } from '../../src/archive/archive-name.ts';
import { freshContext } from '../sources/store-rig.ts';

const { folder: scratch } = freshContext();
let count = 0;

type Entry = Partial<Header> & { readonly name: string; readonly body?: string };

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { body, ...header } of entries) {
    if (body === undefined) archive.entry({ size: 0, ...header });
    else archive.entry(header, body);
  }
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

async function unpack(
  bytes: Buffer,
  compression: Compression = 'none',
  limits?: UnpackLimits,
): Promise<string> {
  const work = join(scratch, String(++count));
  mkdirSync(join(work, 'out'), { recursive: true });
  writeFileSync(join(work, 'archive'), bytes);
  await unpackArchive(
    join(work, 'archive'),
    compression,
    join(work, 'out'),
    limits === undefined ? {} : { limits },
  );
  return join(work, 'out');
}

const time = new Date('2001-02-03T04:05:06Z');

describe('an honest archive', () => {
  test('is unpacked without its single top folder, with executable bits and times', async () => {
    const out = await unpack(
      await tar([
        { name: 'hello-1/', type: 'directory', mtime: time },
        { name: 'hello-1/run', body: 'run', mode: 0o4755, mtime: time },
        { name: 'hello-1/sub/', type: 'directory', mtime: time },
        { name: 'hello-1/sub/text', body: 'text', mode: 0o600, mtime: time },
        { name: 'hello-1/sub/link', type: 'symlink', linkname: '../run' },
        { name: 'hello-1/same', type: 'link', linkname: 'hello-1/run' },
        { name: 'hello-1/to-nothing', type: 'symlink', linkname: 'sub/not-there' },
      ]),
    );
    expect(readdirSync(out).sort()).toEqual(['run', 'same', 'sub', 'to-nothing']);
    expect(statSync(join(out, 'run')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(out, 'sub/text')).mode & 0o7777).toBe(0o644);
    expect(statSync(join(out, 'sub/text')).mtime).toEqual(time);
    expect(statSync(join(out, 'sub')).mtime).toEqual(time);
    expect(readFileSync(join(out, 'sub/link'), 'utf8')).toBe('run');
    expect(readFileSync(join(out, 'same'), 'utf8')).toBe('run');
    expect(readlinkSync(join(out, 'to-nothing'))).toBe('sub/not-there');
  });

  test('keeps its top when there is more than one thing on it, and a top folder that holds one of its own name', async () => {
    expect(
      readdirSync(
        await unpack(
          await tar([
            { name: './a/b', body: '' },
            { name: './c', body: '' },
          ]),
        ),
      ),
    ).toEqual(['a', 'c']);
    expect(readdirSync(await unpack(await tar([{ name: 'a/a/b', body: '' }])))).toEqual(['a']);
    expect(readdirSync(await unpack(await tar([{ name: 'only', body: '' }])))).toEqual(['only']);
  });

  test('may name a file twice: the later one stays, as tar has it', async () => {
    const out = await unpack(
      await tar([
        { name: 'd/a', body: 'old' },
        { name: 'd/b', type: 'link', linkname: 'd/a' },
        { name: 'd/a', body: 'new' },
      ]),
    );
    expect(readFileSync(join(out, 'a'), 'utf8')).toBe('new');
    expect(readFileSync(join(out, 'b'), 'utf8')).toBe('old');
  });

  test.each([
    ['gzip', ['gzip', '-c']],
    ['xz', ['xz', '-c']],
    ['bzip2', ['bzip2', '-c']],
    ['zstd', ['zstd', '-c']],
  ] as const)(
    'is unpacked when compressed with %s, large files too',
    async (compression, [program, option]) => {
      const body = 'large '.repeat(1 << 19);
      const input = await tar([
        { name: 'top/large', body },
        { name: 'top/small', body: 'small' },
      ]);
      const out = await unpack(execFileSync(program, [option], { input, maxBuffer: 1 << 26 }), compression);
      expect(readFileSync(join(out, 'large'), 'utf8') === body).toBe(true);
      expect(readFileSync(join(out, 'small'), 'utf8')).toBe('small');
    },
  );
});

describe('a hostile archive is refused', () => {
  const file = { name: 'd/file', body: 'x' };
  test.each<[string, Entry[]]>([
    ['an absolute name', [{ name: '/etc/escaped', body: 'x' }]],
    ['a name that leads upwards', [{ name: 'd/../../escaped', body: 'x' }]],
    [
      'a name through a link',
      [
        { name: 'd', type: 'symlink', linkname: '.' },
        { name: 'd/x', body: 'x' },
      ],
    ],
    ['a link to an absolute path', [file, { name: 'd/l', type: 'symlink', linkname: '/etc/passwd' }]],
    ['a link that leads upwards', [file, { name: 'd/l', type: 'symlink', linkname: '../../x' }]],
    ['a link out of the single top folder', [file, { name: 'd/l', type: 'symlink', linkname: '../x' }]],
    [
      'a link that leads out only through another link',
      [
        { name: 'a/b/up', type: 'symlink', linkname: '..' },
        { name: 'a/l', type: 'symlink', linkname: 'b/up/../../x' },
      ],
    ],
    [
      'links that go round in circles',
      [
        { name: 'd/a', type: 'symlink', linkname: 'b' },
        { name: 'd/b', type: 'symlink', linkname: 'a' },
      ],
    ],
    ['a hard link to what is not in it', [file, { name: 'd/h', type: 'link', linkname: '/etc/passwd' }]],
    ['a hard link upwards', [file, { name: 'd/h', type: 'link', linkname: '../../x' }]],
    [
      'a hard link to a link',
      [
        file,
        { name: 'd/s', type: 'symlink', linkname: 'file' },
        { name: 'd/h', type: 'link', linkname: 'd/s' },
      ],
    ],
    [
      'a file in place of a link',
      [file, { name: 'd/l', type: 'symlink', linkname: 'file' }, { name: 'd/l', body: 'x' }],
    ],
    [
      'a folder in place of a link',
      [file, { name: 'd/l', type: 'symlink', linkname: '.' }, { name: 'd/l', type: 'directory' }],
    ],
    ['a link in place of a folder', [file, { name: 'd', type: 'symlink', linkname: '/etc' }]],
    ['a file below a file', [file, { name: 'd/file/below', body: 'x' }]],
    ['a link to nowhere at all', [file, { name: 'd/l', type: 'symlink', linkname: '' }]],
    ['a device', [{ name: 'd/null', type: 'character-device', devmajor: 1, devminor: 3 }]],
    ['a disk', [{ name: 'd/sda', type: 'block-device', devmajor: 8 }]],
    ['a pipe', [{ name: 'd/pipe', type: 'fifo' }]],
  ])('for %s', async (_what, entries) => {
    await expect(unpack(await tar(entries))).rejects.toMatchObject({
      code: expect.stringMatching(/^hostile-(archive|tree)$/) as string,
    });
    expect(existsSync(join(scratch, 'escaped'))).toBe(false);
    expect(lstatSync('/etc/escaped', { throwIfNoEntry: false })).toBeUndefined();
  });

  test('for more entries or bytes than the limits, before they are written', async () => {
    const many = await tar(Array.from({ length: 11 }, (_, index) => ({ name: `d/${index}`, body: 'x' })));
    await expect(unpack(many, 'none', { size: 1000, entries: 10 })).rejects.toThrow(/more than 10 entries/);
    const bomb = gzipSync(await tar([{ name: 'd/bomb', body: '0'.repeat(1 << 22) }]));
    await expect(unpack(bomb, 'gzip', { size: 1 << 20, entries: 10 })).rejects.toThrow(/1048576 bytes/);
  });
});

describe('a damaged archive is refused', () => {
  test.each(['gzip', 'xz', 'bzip2', 'zstd'] as const)('by %s, which is named', async (compression) => {
    const program = { gzip: 'gunzip', xz: 'xz', bzip2: 'bzip2', zstd: 'zstd' }[compression];
    const good = execFileSync(compression === 'gzip' ? 'gzip' : program, ['-c'], {
      input: await tar([{ name: 'd/large', body: 'large '.repeat(1 << 12) }]),
    });
    const bad = good.subarray(0, good.length - 20);
    await expect(unpack(bad, compression)).rejects.toMatchObject({
      code: 'bad-archive',
      message: expect.stringContaining(program) as string,
    });
  });

  test('when it breaks off or is no tar archive', async () => {
    const whole = await tar([{ name: 'd/large', body: 'x'.repeat(5000) }]);
    await expect(unpack(whole.subarray(0, 2048))).rejects.toMatchObject({ code: 'bad-archive' });
    await expect(unpack(Buffer.from('not a tar archive '.repeat(100)))).rejects.toMatchObject({
      code: 'bad-archive',
    });
  });
});

describe('an archive that a sound writer would not make', () => {
  /** A header of one file whose size field has these 12 bytes, with the checksum that it then has. */
  function withSize(size: Buffer): Buffer {
    const header = Buffer.alloc(512);
    header.write('top/file', 0, 'latin1');
    header.write('0000644\0', 100, 'latin1');
    size.copy(header, 124);
    header.write('00000000000\0', 136, 'latin1');
    header.fill(' ', 148, 156);
    header.write('0', 156, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return Buffer.concat([header, Buffer.alloc(1024)]);
  }

  test('with the size -1 is refused; the same with 0 is not', async () => {
    expect(readdirSync(await unpack(withSize(Buffer.from('00000000000\0'))))).toEqual(['file']);
    await expect(unpack(withSize(Buffer.alloc(12, 0xff)))).rejects.toMatchObject({ code: 'hostile-archive' });
  });

  test.each([
    ['of 100,000 bytes', 'n'.repeat(100_000)],
    ['with a part of 256 bytes', `top/${'n'.repeat(256)}/file`],
  ])('with a name %s is refused in one short line', async (_what, name) => {
    const error = await unpack(await tar([{ name, body: 'x' }])).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'hostile-archive' });
    expect((error as Error).message).toMatch(/^the archive is refused: a name has \d+ bytes: "n+…?"$/);
    expect((error as Error).message.length).toBeLessThan(300);
  });

  test('with a name as long as Linux has them is unpacked', async () => {
    const out = await unpack(await tar([{ name: `top/${'n'.repeat(255)}`, body: 'x' }]));
    expect(readdirSync(out)).toEqual(['n'.repeat(255)]);
  });

  test('with zeros without end behind it is refused before they are all decompressed', async () => {
    const sound = await tar([{ name: 'top/file', body: 'x' }]);
    const filled = gzipSync(Buffer.concat([sound, Buffer.alloc(10 * 2 ** 20)]));
    expect(readdirSync(await unpack(filled, 'gzip'))).toEqual(['file']);
    // Members of a gzip file follow one another: 4 GiB in 4 MiB.
    const zeros = gzipSync(Buffer.alloc(2 ** 26));
    const endless = Buffer.concat([gzipSync(sound), ...Array.from({ length: 64 }, () => zeros)]);
    await expect(unpack(endless, 'gzip')).rejects.toThrow('more than 64 MiB follow its end');
  });
});
