import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { locateDifference, type Difference } from '../../src/difference/index.ts';
import { anatomyOf } from '../../src/formats/parts/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { freshFolder } from '../rig/folder.ts';

const run = (cwd: string, ...[program = '', ...args]: readonly string[]): Buffer =>
  execFileSync(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });

async function compare(stored: Buffer, rebuilt: Buffer): Promise<Difference> {
  const found = await locateDifference(memorySource(stored), memorySource(rebuilt));
  if (found === undefined) throw new Error('the two are said to be the same');
  return found;
}

/** What is shown of a side, as text. */
const shown = ({ bytes }: Difference['stored']): string => Buffer.from(bytes).toString('latin1');

/** An object and a program that hold a text, and an archive of the object. */
function built(text: string): Record<'object' | 'program' | 'archive', Buffer> & { folder: string } {
  const folder = freshFolder();
  const source = `#include <stdio.h>\nint main(void) { puts("here comes the date of the day on which it was made: ${text}"); return 0; }\n`;
  writeFileSync(join(folder, 'main.c'), source);
  run(folder, 'gcc', '-O2', '-c', '-o', 'main.o', 'main.c');
  run(folder, 'gcc', '-o', 'program', 'main.o');
  writeFileSync(join(folder, 'other.txt'), 'not code');
  run(folder, 'ar', 'rcD', 'lib.a', 'other.txt', 'main.o');
  const [object, program, archive] = ['main.o', 'program', 'lib.a'].map((name) =>
    readFileSync(join(folder, name)),
  );
  return { folder, object, program, archive } as ReturnType<typeof built>;
}

/** A folder of two files, packed by one of the usual tools. */
function packed(text: string, date: string, ...command: readonly string[]): Buffer {
  const folder = freshFolder();
  mkdirSync(join(folder, 'tree'));
  writeFileSync(join(folder, 'tree/same.txt'), 'the same\n');
  writeFileSync(join(folder, 'tree/changed.txt'), text);
  for (const path of ['tree/same.txt', 'tree/changed.txt', 'tree']) run(folder, 'touch', '-d', date, path);
  run(folder, ...command);
  return readFileSync(join(folder, 'out'));
}

const day = '2001-02-03 04:05:06';
const tar = ['tar', '--sort=name', '-cf', 'out', 'tree'];

describe('the place where two files differ', () => {
  it('is found in the section of a program that the linker put it into, whatever moved with it', async () => {
    const [one, other] = [built('Monday'), built('Wednesday the 1st')];
    const found = await compare(one.program, other.program);
    expect(found.trail).toEqual(['ELF: section .rodata']);
    expect(shown(found.stored)).toContain('Monday');
    expect(shown(found.rebuilt)).toContain('Wednesday');
    expect(found.others).toContain('ELF: section .note.gnu.build-id');
    // readelf, which is not ours, says where that section begins.
    const sections = run(one.folder, 'readelf', '-WS', 'program').toString();
    const begin = parseInt(/\.rodata +PROGBITS +[0-9a-f]+ ([0-9a-f]+)/.exec(sections)?.[1] ?? '', 16);
    expect(one.program.subarray(begin + found.stored.at).toString('latin1')).toMatch(/^Monday/);
  });

  it('is found in the section of the member of an archive', async () => {
    const found = await compare(built('Monday').archive, built('Friday').archive);
    expect(found.trail.slice(0, 2)).toEqual(['ar: member main.o', 'ELF: section .rodata.str1.8']);
    expect(shown(found.rebuilt)).toContain('Friday');
  });

  it('is told by its fields where it is a header', async () => {
    const [one, other] = ['2001-02-03', '2002-03-04'].map((date) => {
      const { folder } = built('Monday');
      run(folder, 'touch', '-d', `${date} 00:00:00 UTC`, 'other.txt');
      run(folder, 'ar', 'rcU', 'dated.a', 'other.txt');
      return readFileSync(join(folder, 'dated.a'));
    }) as [Buffer, Buffer];
    const found = await compare(one, other);
    expect(found.trail).toEqual(['ar: header of other.txt']);
    expect(found.remarks).toEqual(['mtime: stored 981158400, rebuilt 1015200000']);
  });

  it.each([
    ['a tar archive', tar, ['tar: member tree/changed.txt']],
    [
      'a gzipped tar archive',
      ['bash', '-c', 'tar --sort=name -c tree | gzip -n >out'],
      ['gzip: compressed data', 'tar: member tree/changed.txt'],
    ],
    [
      'one packed with xz',
      ['bash', '-c', 'tar --sort=name -c tree | xz >out'],
      ['xz: compressed data', 'tar: member tree/changed.txt'],
    ],
    [
      'one packed with zstd',
      ['bash', '-c', 'tar --sort=name -c tree | zstd -q >out'],
      ['zstd: compressed data', 'tar: member tree/changed.txt'],
    ],
    [
      'a ZIP archive',
      ['bash', '-c', '7zz a -tzip o.zip tree >&2; mv o.zip out'],
      ['zip: member tree/changed.txt'],
    ],
    [
      'one in pax format',
      ['tar', '--format=pax', '--pax-option=delete=atime,delete=ctime', ...tar.slice(1)],
      ['tar: member tree/changed.txt'],
    ],
  ] as const)('is found in %s', async (_what, command, trail) => {
    const text = 'a line that is the same\n'.repeat(40);
    const [one, other] = ['1st', '2nd'].map((which) => packed(`${text}the ${which} time\n`, day, ...command));
    const found = await compare(one as Buffer, other as Buffer);
    expect(found.trail).toEqual(trail);
    expect(found.stored.at).toBe(text.length + 'the '.length);
    expect(shown(found.rebuilt)).toContain('the 2nd time');
  });

  it('is a time in the header of tar, gzip and zip', async () => {
    const dates = [day, '2011-12-13 14:15:16'];
    const of = (...command: readonly string[]): Promise<Difference> => {
      const [one, other] = dates.map((date) => packed('the same\n', date, ...command));
      return compare(one as Buffer, other as Buffer);
    };
    expect((await of(...tar)).remarks.join()).toMatch(/mtime: stored 0?7\d+, rebuilt 1\d+/);
    const gzipped = await of('bash', '-c', 'gzip -k tree/changed.txt; mv tree/changed.txt.gz out');
    expect(gzipped.trail).toEqual(['gzip: gzip header']);
    const zipped = await of('bash', '-c', '7zz a -tzip o.zip tree >&2; mv o.zip out');
    expect(zipped.remarks[0]).toMatch(/^time: stored 2001-02-03 .*, rebuilt 2011-12-13 /);
  });

  it('is said to be in the compression alone where the content is the same', async () => {
    const of = (level: string): Buffer =>
      packed(
        Array.from({ length: 3000 }, (_, n) => `${n * n} of ${n}\n`).join(''),
        day,
        'bash',
        '-c',
        `gzip -nc${level} tree/changed.txt >out`,
      );
    const found = await compare(of('2'), of('8'));
    expect(found.remarks).toContain('its contents are the same, but it was compressed in another way');
  });

  it('names what one side alone has', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'tree'));
    writeFileSync(join(folder, 'tree/one.txt'), 'one');
    run(folder, ...tar);
    const one = readFileSync(join(folder, 'out'));
    writeFileSync(join(folder, 'tree/two.txt'), 'two');
    run(folder, ...tar);
    const found = await compare(one, readFileSync(join(folder, 'out')));
    expect(found.remarks).toContain('tar: member tree/two.txt is only in the rebuilt one');
  });

  it('is the end of the shorter one where all else is the same', async () => {
    const found = await compare(Buffer.from('abc'), Buffer.from('abcdef'));
    expect(found).toMatchObject({ trail: [], stored: { at: 3, size: 3 }, rebuilt: { at: 3, size: 6 } });
  });
});

describe('damaged files', () => {
  const sound: Buffer[] = [];
  it('have parts inside their bounds or are refused as what they are', async () => {
    const { object, archive } = built('Monday');
    sound.push(object, archive, packed('x'.repeat(900), day, ...tar));
    sound.push(packed('x'.repeat(900), day, 'bash', '-c', 'tar -c tree | gzip >out'));
    sound.push(packed('x'.repeat(900), day, 'bash', '-c', '7zz a -tzip o.zip tree >&2; mv o.zip out'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sound),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (bytes, changes, cut) => {
          const damaged = Buffer.from(bytes.subarray(0, cut % 3 === 0 ? cut % bytes.length : bytes.length));
          // Headers are what readers believe: most changes go there.
          for (const [at, value] of changes)
            if (damaged.length > 0) damaged[at % Math.min(damaged.length, 700)] = value;
          try {
            const { parts } = (await anatomyOf(memorySource(damaged))) ?? { parts: [] };
            for (const { offset, size } of parts) {
              expect(offset).toBeGreaterThanOrEqual(0);
              expect(offset + size).toBeLessThanOrEqual(damaged.length);
            }
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
          }
          await locateDifference(memorySource(bytes), memorySource(damaged));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('never make the search for a difference fail', async () => {
    const { folder, program } = built('Monday');
    appendFileSync(join(folder, 'program'), 'more');
    const found = await compare(program, readFileSync(join(folder, 'program')));
    expect(found).toMatchObject({ trail: [], stored: { at: program.length } });
  });
});
