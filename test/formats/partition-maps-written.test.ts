import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure, FormatError } from '../../src/base/index.ts';
import { growApm, makeApm, readApm } from '../../src/formats/apm/index.ts';
import { gptTypes, growGpt, makeGpt, readGpt } from '../../src/formats/gpt/index.ts';
import { memorySource, type Patch } from '../../src/formats/source/index.ts';
import { growPartition, openTarget } from '../../src/image/index.ts';
import { freshFolder } from '../rig/folder.ts';

const disk = 'a0a1a2a3-b0b1-40c1-80d1-e0e1e2e3e4e5';
const efi = {
  type: gptTypes.efi,
  id: disk.replace('a0', '01'),
  name: 'EFI System Partition',
  size: 409_600 * 512,
};
const hfs = { type: gptTypes.hfs, id: disk.replace('a0', '02'), name: 'disk image', size: 10_000 * 4096 };

interface Made {
  readonly size: number;
  readonly partitions: readonly { readonly offset: number; readonly size: number }[];
  readonly patches: readonly Patch[];
}

/** A sparse file with a new map in it. */
function written(made: Made): string {
  const path = join(freshFolder(), 'disk.img');
  writeFileSync(path, '');
  truncateSync(path, made.size);
  patch(path, made.patches);
  return path;
}

function patch(path: string, patches: readonly Patch[]): void {
  const bytes = readFileSync(path);
  for (const each of patches) bytes.set(each.bytes, each.offset);
  writeFileSync(path, bytes);
}

/** The partitions as mmls sees them, in sectors of 512. */
function mmls(path: string, type: 'gpt' | 'mac'): { start: number; sectors: number; what: string }[] {
  const text = execFileSync('mmls', ['-t', type, '-a', '-b', '512', path], { encoding: 'utf8' });
  return [...text.matchAll(/^\d+: +\S+ +(\d+) +\d+ +(\d+) +(.*)$/gm)].map((found) => ({
    start: Number(found[1]),
    sectors: Number(found[2]),
    what: found[3] ?? '',
  }));
}

/** @returns what sgdisk finds wrong, empty when nothing */
function sgdisk(path: string): string {
  const said = execFileSync('sgdisk', ['-v', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return said.includes('No problems found') && !said.includes('Problem:') ? '' : said;
}

/** The map as parted sees it: from, to and size in bytes, file system, name. */
function parted(path: string): string[] {
  const said = execFileSync('parted', ['-ms', path, 'unit', 'B', 'print'], { encoding: 'utf8', input: '' });
  return said.trim().split('\n').slice(1);
}

describe('a new GPT', () => {
  test.each([
    { what: 'with EFI', partitions: [efi, hfs] },
    { what: 'without EFI', partitions: [hfs] },
  ])('$what pleases sgdisk, and mmls and parted find every partition where it was put', ({ partitions }) => {
    const made = makeGpt({ disk, partitions });
    const path = written(made);
    expect(sgdisk(path)).toBe('');
    expect(mmls(path, 'gpt')).toEqual(
      made.partitions.map(({ offset, size }, index) => ({
        start: offset / 512,
        sectors: size / 512,
        what: partitions[index]?.name,
      })),
    );
    expect(parted(path)).toHaveLength(1 + partitions.length);
    expect(parted(path)[0]).toMatch(new RegExp(`:${made.size}B:file:512:512:gpt:`));
  });

  test('is the same bytes each time, with the GUIDs given', async () => {
    const [one, two] = [makeGpt({ disk, partitions: [hfs] }), makeGpt({ disk, partitions: [hfs] })];
    expect(one).toEqual(two);
    const path = written(one);
    const said = execFileSync('sgdisk', ['-p', '-i1', path], { encoding: 'utf8' });
    expect(said.toLowerCase()).toContain(`disk identifier (guid): ${disk}`);
    expect(said.toLowerCase()).toContain(`partition unique guid: ${hfs.id}`);
    expect(await readGpt(memorySource(readFileSync(path)))).toMatchObject({
      size: one.size,
      sound: ['primary', 'backup'],
      partitions: [{ id: hfs.id, type: hfs.type, offset: 20_480 }],
    });
  });

  test('is as large as is asked for, and refuses what cannot be', () => {
    const made = makeGpt({ disk, partitions: [hfs], size: 50_000_384 });
    expect(made.size).toBe(50_000_384);
    expect(sgdisk(written(made))).toBe('');
    expect(() => makeGpt({ disk, partitions: [{ ...hfs, size: 1000 }] })).toThrow(RangeError);
    expect(() => makeGpt({ disk: 'x', partitions: [] })).toThrow(RangeError);
  });
});

describe('a new Apple partition map', () => {
  test.each([
    { driver: false, blockSize: 512 },
    { driver: true, blockSize: 512 },
    { driver: false, blockSize: 2048 },
    { driver: true, blockSize: 2048 },
  ] as const)(
    'with driver $driver and blocks of $blockSize is what mmls and parted read',
    async (options) => {
      const made = makeApm({
        partitions: [{ type: 'Apple_HFS', name: 'disk image', size: hfs.size }],
        ...options,
      });
      const path = written(made);
      const [place] = made.partitions;
      const map = await readApm(memorySource(readFileSync(path)));
      expect(map?.size).toBe(made.size);
      expect(map?.partitions.filter(({ type }) => type === 'Apple_HFS')).toEqual([
        { type: 'Apple_HFS', name: 'disk image', ...place },
      ]);
      expect((place?.offset ?? 1) % 4096).toBe(0);
      const end = map?.partitions.reduce<number>(
        (at, each) => (each.offset === at ? at + each.size : NaN),
        options.blockSize,
      );
      expect(end).toBe(made.size);
      if (options.blockSize === 2048) return; // mmls and parted read maps of 512-byte blocks from files.
      expect(mmls(path, 'mac')).toContainEqual({
        start: (place?.offset ?? 0) / 512,
        sectors: hfs.size / 512,
        what: 'Apple_HFS',
      });
      const line = `:${place?.offset}B:${(place?.offset ?? 0) + hfs.size - 1}B:${hfs.size}B:`;
      expect(parted(path).some((each) => each.includes(line))).toBe(true);
    },
  );
});

describe('a partition that grows', () => {
  test.each([
    { what: 'with EFI', partitions: [efi, hfs] },
    { what: 'without EFI', partitions: [hfs] },
  ])('at the end of a GPT $what takes the backup table to the new end', async ({ partitions }) => {
    const path = written(makeGpt({ disk, partitions }));
    const target = await openTarget(path, 'present');
    const before = await readGpt(target);
    const { offset } = before?.partitions.at(-1) ?? { offset: 0 };
    const size = await growPartition(target, { offset }, hfs.size * 3 + 4096, { multipleOf: 2048 });
    expect(size % 2048).toBe(0);
    expect(target.size).toBe(size);
    await target.close();
    expect(sgdisk(path)).toBe('');
    expect(mmls(path, 'gpt').at(-1)).toMatchObject({
      start: offset / 512,
      sectors: (hfs.size * 3 + 4096) / 512,
    });
    expect(parted(path)[0]).toContain(`:${size}B:`);
    const after = await readGpt(memorySource(readFileSync(path)));
    expect(after?.partitions.slice(0, -1)).toEqual(before?.partitions.slice(0, -1));
  });

  test('in a GPT that sgdisk made takes free space first, and stops at its neighbour', async () => {
    const path = join(freshFolder(), 'disk');
    writeFileSync(path, '');
    truncateSync(path, 20_000 * 512);
    execFileSync('sgdisk', ['-a1', '-n1:2048:+1M', '-n2:8192:+2M', '-t2:AF00', path], { stdio: 'pipe' });
    const target = await openTarget(path, 'present');
    await expect(growPartition(target, { offset: 2048 * 512 }, 6145 * 512)).rejects.toThrow(Failure);
    await expect(growPartition(target, { offset: 512 }, 2 ** 20)).rejects.toThrow(FormatError);
    expect(await growPartition(target, { offset: 2048 * 512 }, 6144 * 512)).toBe(20_000 * 512);
    // Behind the last one 128 sectors stay free, and the backup has 33.
    const most = 20_000 - 33 - 128 - 8192;
    expect(await growPartition(target, { offset: 8192 * 512 }, most * 512)).toBe(20_000 * 512);
    expect(sgdisk(path)).toBe('');
    expect(await growPartition(target, { offset: 8192 * 512 }, (most + 1) * 512)).toBe(20_001 * 512);
    await target.close();
    expect(sgdisk(path)).toBe('');
  });

  test('mends the table that was damaged', async () => {
    const made = makeGpt({ disk, partitions: [hfs] });
    for (const at of [512 + 60, 2 * 512 + 3, made.size - 512 + 60]) {
      const path = written(made);
      const bytes = readFileSync(path);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      const growth = await growGpt(memorySource(bytes), 20_480, hfs.size + 4096);
      truncateSync(path, growth?.size);
      patch(path, growth?.patches ?? []);
      expect(sgdisk(path)).toBe('');
    }
  });

  test.each([
    { driver: false, blockSize: 512 },
    { driver: true, blockSize: 512 },
    { driver: true, blockSize: 2048 },
  ] as const)(
    'in an Apple map (driver $driver, blocks of $blockSize) moves the free space behind it',
    async (options) => {
      const made = makeApm({
        partitions: [{ type: 'Apple_HFS', name: 'disk image', size: hfs.size }],
        ...options,
      });
      const path = written(made);
      const target = await openTarget(path, 'present');
      const offset = made.partitions[0]?.offset ?? 0;
      const wanted = hfs.size * 2 + 4096;
      const size = await growPartition(target, { offset }, wanted, { multipleOf: 2048 });
      expect(target.size).toBe(size);
      const map = await readApm(target);
      await target.close();
      expect(map?.size).toBe(size);
      const last = map?.partitions.at(-1);
      expect(last).toMatchObject({ type: 'Apple_Free', offset: offset + wanted });
      expect((last?.offset ?? 0) + (last?.size ?? 0)).toBe(size);
      if (options.blockSize === 2048) return;
      expect(mmls(path, 'mac')).toContainEqual({
        start: offset / 512,
        sectors: wanted / 512,
        what: 'Apple_HFS',
      });
      expect(parted(path).some((each) => each.includes(`:${offset}B:${offset + wanted - 1}B:`))).toBe(true);
    },
  );

  test('in an Apple map takes the free space between it and the next, and stops there', async () => {
    const two = ['one', 'two'].map((name) => ({ type: 'Apple_HFS', name, size: 512 * 81 }));
    const path = written(makeApm({ partitions: two }));
    const source = memorySource(readFileSync(path));
    const [, , gap, second] = (await readApm(source))?.partitions ?? [];
    expect(gap?.type).toBe('Apple_Free');
    const at = (gap?.offset ?? 0) - 512 * 81;
    const growth = await growApm(source, at, 512 * 83);
    expect(growth?.size).toBe(source.size);
    patch(path, growth?.patches ?? []);
    const after = await readApm(memorySource(readFileSync(path)));
    expect(after?.partitions.slice(1, 4)).toMatchObject([
      { name: 'one', size: 512 * 83 },
      { type: 'Apple_Free', offset: at + 512 * 83, size: (gap?.size ?? 0) - 1024 },
      second,
    ]);
    await expect(growApm(source, at, (second?.offset ?? 0) + 512 - at)).rejects.toThrow(Failure);
  });

  test('on a disk without a map is the disk', async () => {
    const path = join(freshFolder(), 'volume');
    writeFileSync(path, Buffer.alloc(8192));
    const target = await openTarget(path, 'present');
    expect(await growPartition(target, { offset: 0 }, 12_288)).toBe(12_288);
    await target.close();
    expect(readFileSync(path)).toHaveLength(12_288);
  });
});

test('a map with any bytes changed grows, or is refused by one error', async () => {
  const small = 4096 * 4;
  const disks = [
    makeGpt({ disk, partitions: [{ ...hfs, size: small }] }),
    makeApm({ partitions: [{ type: 'Apple_HFS', name: 'x', size: small }], driver: true }),
  ].map((made) => {
    const bytes = Buffer.alloc(made.size);
    for (const each of made.patches) bytes.set(each.bytes, each.offset);
    return { bytes, offset: made.partitions[0]?.offset ?? 0 };
  });
  const change = fc.tuple(fc.nat({ max: 5 * 512 }), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 1 }),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (which, changes) => {
        const { bytes, offset } = disks[which] as (typeof disks)[0];
        const copy = Buffer.from(bytes);
        for (const [at, by] of changes) copy[at] = (copy[at] ?? 0) ^ by;
        const source = memorySource(copy);
        try {
          const growth =
            (await growGpt(source, offset, small * 2)) ?? (await growApm(source, offset, small * 2));
          for (const each of growth?.patches ?? []) {
            expect(each.offset + each.bytes.length).toBeLessThanOrEqual(growth?.size ?? 0);
          }
          expect(growth?.size ?? 0).toBeLessThan(2 ** 24);
        } catch (error) {
          if (!(error instanceof FormatError || error instanceof Failure)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});
