import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/difference/index.ts';
import { locateDifference } from '../../src/difference/index.ts';
import { differingLines } from '../../src/difference/sides/lines.ts';
import { windowed } from '../../src/difference/sides/windowed.ts';
import { anatomyOf } from '../../src/formats/parts/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { fixture, has, present } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { testProject } from '../rig/project.ts';
import { fileElement, makeXar } from '../rig/images/xar-maker.ts';

/** Runs the real command line. */
const run = (args: readonly string[]) => testProject({}).run(args);

async function diff(
  a: string,
  b: string,
  ...more: readonly string[]
): Promise<{ code: number | null; changes: Change[] }> {
  const { code, stdout, stderr } = await run(['diff', a, b, '--json', ...more]);
  expect(stderr).toBe('');
  return { code, changes: (JSON.parse(stdout) as { changes: Change[] }).changes };
}

/** A folder with one of everything, with fixed dates. */
function content(): string {
  const folder = join(freshFolder(), 'content');
  mkdirSync(join(folder, 'etc'), { recursive: true });
  writeFileSync(join(folder, 'etc/hosts'), 'one\ntwo\nthree\n');
  writeFileSync(join(folder, 'etc/same'), 'the same');
  writeFileSync(
    join(folder, 'program'),
    Buffer.concat([Buffer.from([0xcf, 0xfa, 0xed, 0xfe]), Buffer.alloc(5000)]),
  );
  writeFileSync(join(folder, 'old'), 'old');
  symlinkSync('etc/hosts', join(folder, 'link'));
  return dated(folder);
}

function changedContent(of: string): string {
  const folder = join(freshFolder(), 'content');
  cpSync(of, folder, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(folder, 'etc/hosts'), 'one\n2\nthree\n');
  const program = Buffer.concat([Buffer.from([0xcf, 0xfa, 0xed, 0xfe]), Buffer.alloc(5000)]);
  program[4000] = 7;
  writeFileSync(join(folder, 'program'), program);
  chmodSync(join(folder, 'etc/same'), 0o600);
  rmSync(join(folder, 'old'));
  writeFileSync(join(folder, 'new'), 'new');
  rmSync(join(folder, 'link'));
  symlinkSync('etc/same', join(folder, 'link'));
  return dated(folder);
}

function dated(folder: string): string {
  for (const path of ['etc/hosts', 'etc/same', 'program', 'old', 'new', 'etc', ''])
    try {
      utimesSync(join(folder, path), 1e9, 1e9);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOENT');
    }
  return folder;
}

/** What changedContent makes of content, on a side that knows it all. */
const expected = [
  { path: '/etc/hosts', change: 'changed', kind: 'file', lines: ['-two', '+2'] },
  { path: '/etc/same', change: 'changed', fields: [{ field: 'mode', from: '0644', to: '0600' }] },
  { path: '/link', change: 'changed', fields: [{ field: 'target', from: 'etc/hosts', to: 'etc/same' }] },
  { path: '/new', change: 'added', kind: 'file' },
  { path: '/old', change: 'removed', kind: 'file' },
  { path: '/program', change: 'changed', where: { at: 4000 } },
];

async function image(folder: string, kind: 'zlib' | 'raw'): Promise<string> {
  const path = join(freshFolder(), `${kind}.dmg`);
  expect(await run(['dmg', 'create', folder, '-o', path, '--kind', kind, '--name', 'Content'])).toMatchObject(
    {
      code: 0,
    },
  );
  return path;
}

function tar(folder: string): string {
  const path = join(freshFolder(), 'content.tar.gz');
  execFileSync('tar', ['-czf', path, '-C', folder, '.']);
  return path;
}

/** A package whose Distribution and payload have a word in them. */
function smallPackage(word: string): Buffer {
  const folder = freshFolder();
  writeFileSync(join(folder, 'file'), word);
  const cpio = execFileSync('cpio', ['--quiet', '-o', '-H', 'odc'], { cwd: folder, input: 'file\n' });
  const [distribution, payload] = [Buffer.from(`<installer>${word}</installer>`), gzipSync(cpio)];
  const files = [
    fileElement(1, 'Distribution', distribution),
    fileElement(2, 'Payload', payload, { offset: 20 + distribution.length }),
  ];
  return makeXar(files.join(''), Buffer.concat([distribution, payload]));
}

describe('what differs', { timeout: 120_000 }, () => {
  it('between two folders, two tar archives and two images is the same, by path', async () => {
    const before = content();
    const after = changedContent(before);
    for (const [a, b] of [
      [before, after],
      [tar(before), tar(after)],
      [await image(before, 'zlib'), await image(after, 'raw')],
    ] as const) {
      const { code, changes } = await diff(a, b, '--ignore', 'partitions');
      expect(code).toBe(1);
      expect(changes, a).toMatchObject(expected);
    }
  });

  it('is nothing between one disk in other forms, qcow2 among them', async () => {
    for (const name of present(['dfvfs/hfsplus_zlib.dmg', 'dmgwiz/input_zlib.dmg'])) {
      const zlib = fixture(name);
      const raw = join(freshFolder(), 'raw.img');
      expect(await run(['dmg', 'convert', zlib, '-o', raw])).toMatchObject({ code: 0 });
      const qcow2 = join(freshFolder(), 'disk.qcow2');
      execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2]);
      const lzfse = name.startsWith('dmgwiz/') ? [fixture('dmgwiz/input_lzfse.dmg')] : [];
      for (const other of [raw, qcow2, ...lzfse])
        expect(await diff(zlib, other), other).toEqual({ code: 0, changes: [] });
    }
    const folder = content();
    const text = await run(['diff', folder, folder]);
    expect(text).toMatchObject({ code: 0, stdout: 'no differences\n', stderr: '' });
  });

  it('is told as deep as images and packages lie in one another', async () => {
    const before = content();
    const after = changedContent(before);
    const [a, b] = [freshFolder(), freshFolder()];
    cpSync(await image(before, 'zlib'), join(a, 'inner.dmg'));
    cpSync(await image(after, 'zlib'), join(b, 'inner.dmg'));
    cpSync(fixture('relic/dummy.pkg'), join(a, 'x.pkg'));
    if (has('goxar/valid.pkg')) cpSync(fixture('goxar/valid.pkg'), join(b, 'x.pkg'));
    else
      for (const [folder, word] of [
        [a, 'one'],
        [b, 'two'],
      ] as const)
        writeFileSync(join(folder, 'x.pkg'), smallPackage(word));
    const { code, changes } = await diff(a, b, '--ignore', 'dates', 'partitions');
    expect(code).toBe(1);
    expect(changes.map(({ path }) => path)).toEqual(['/inner.dmg', '/x.pkg']);
    expect(changes[0]?.inside).toMatchObject(expected);
    const inPackage = changes[1]?.inside?.map(({ path }) => path);
    expect(inPackage).toContain('Distribution');
    expect(inPackage?.some((path) => path.includes('Payload:/'))).toBe(true);
  });

  it('names the partitions and the volume, and dates, unless they are not to count', async () => {
    const folder = content();
    const [a, b] = [await image(folder, 'raw'), join(freshFolder(), 'b.dmg')];
    utimesSync(join(folder, 'old'), 1e9 + 60, 1e9 + 60);
    await run(['dmg', 'create', folder, '-o', b, '--name', 'Other']);
    const { changes } = await diff(a, b);
    expect(changes).toMatchObject([
      {
        path: '/old',
        fields: [{ field: 'modified', from: '2001-09-09T01:46:40.000Z', to: '2001-09-09T01:47:40.000Z' }],
      },
      { path: 'volume', kind: 'volume', fields: [{ field: 'name', from: 'Content', to: 'Other' }] },
    ]);
    expect(await diff(a, b, '--ignore', 'dates', 'partitions')).toEqual({ code: 0, changes: [] });
  });

  it('cannot be told of what is not read: the exit code is 2', async () => {
    const folder = content();
    expect((await run(['diff', folder, content()])).code).toBe(0);
    const missing = await run(['diff', folder, join(folder, 'nothing')]);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    const bad = await run(['diff', folder, join(folder, 'old')]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain(`${join(folder, 'old')}: not a disk image`);
  });
});

describe('two Mach-O files', () => {
  const compiled = (target: string, value: string): Buffer => {
    const folder = freshFolder();
    const source = `int twice(int n) { return 2 * n; }\nconst char text[] = "${value}";\n`;
    writeFileSync(join(folder, 'a.c'), source);
    execFileSync('clang', [
      `--target=${target}-apple-macosx10.6`,
      '-c',
      '-O1',
      join(folder, 'a.c'),
      '-o',
      join(folder, 'a.o'),
    ]);
    return readFileSync(join(folder, 'a.o'));
  };
  /** As lipo puts two files together. */
  const fat = (...files: readonly Buffer[]): Buffer => {
    const head = Buffer.alloc(4096);
    head.writeUInt32BE(0xcafebabe, 0);
    head.writeUInt32BE(files.length, 4);
    let offset = 4096;
    for (const [index, file] of files.entries()) {
      head.writeUInt32BE(offset, 8 + index * 20 + 8);
      head.writeUInt32BE(file.length, 8 + index * 20 + 12);
      offset += file.length;
    }
    return Buffer.concat([head, ...files]);
  };

  it.each(['i386', 'x86_64'])('of %s differ in a section, by its name, in a fat file too', async (target) => {
    const [one, other] = [compiled(target, 'letters'), compiled(target, 'lettuce')];
    const { trail = [] } = (await locateDifference(memorySource(one), memorySource(other))) ?? {};
    expect(trail).toEqual(['Mach-O: section __TEXT,__const']);
    const third = compiled('i386', 'third');
    const inFat = await locateDifference(memorySource(fat(third, one)), memorySource(fat(third, other)));
    expect(inFat?.trail).toEqual(['Mach-O: architecture 0', ...trail]);
  });

  it('are taken as they are, whatever is wrong with them', async () => {
    const whole = fat(compiled('x86_64', 'a'), compiled('i386', 'b'));
    const thin = compiled('x86_64', 'a');
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { maxLength: 6 }),
        fc.nat(5000),
        async (isFat, edits, length) => {
          const bytes = Buffer.from((isFat ? whole : thin).subarray(0, Math.max(16, length)));
          for (const [at, value] of edits) if (at >= 4 && at < bytes.length) bytes[at] = value;
          for (const { offset, size } of (await anatomyOf(memorySource(bytes)))?.parts ?? [])
            expect(offset + size).toBeLessThanOrEqual(bytes.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('lines that differ', () => {
  it('are as many as diff finds, and turn the first text into the second', () => {
    const folder = freshFolder();
    const [one, other] = [join(folder, 'a'), join(folder, 'b')];
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 9 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (a, b) => {
        writeFileSync(one, `${a}\n`);
        writeFileSync(other, `${b}\n`);
        const { stdout } = spawnSync('diff', ['--minimal', one, other], { encoding: 'utf8' });
        const theirs = stdout.split('\n').filter((line) => /^[<>]/.test(line));
        expect(differingLines(`${a}\n`, `${b}\n`)).toHaveLength(theirs.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a source that reads ahead', () => {
  it('gives the same bytes as the one below, wherever it is read', async () => {
    const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 31) % 251));
    const ahead = windowed(memorySource(bytes));
    const at = fc.integer({ min: 0, max: bytes.length });
    await fc.assert(
      fc.asyncProperty(at, fc.oneof(at, fc.integer({ min: 0, max: 600 })), async (offset, wanted) => {
        const length = Math.min(wanted, bytes.length - offset);
        expect(
          Buffer.compare(await ahead.read(offset, length), bytes.subarray(offset, offset + length)),
        ).toBe(0);
      }),
    );
  });
});
