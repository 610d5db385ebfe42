import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure, FormatError } from '../../src/base/index.ts';
import { readSparse } from '../../src/formats/sparse/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { convertDmg, createDmg, describeDmg, openInside, verifyDmg } from '../../src/image/index.ts';
import { fixture } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { sevenZipDisk } from '../rig/seven-zip.ts';
import { writeSparse } from '../rig/images/sparse-writer.ts';

const band = 2 ** 20;
/** Five bands, the last one short; the third is nowhere in the file. */
const disk = Buffer.concat([randomBytes(2 * band), Buffer.alloc(band), randomBytes(band + 8192)]);
const order = [4, 0, 3, 1];

test('bands in any order become the disk, what was never written zeros', async () => {
  const folder = freshFolder();
  writeFileSync(join(folder, 'in.sparseimage'), writeSparse(disk, order));
  for (const threads of [0, 2]) {
    const converted = await convertDmg(join(folder, 'in.sparseimage'), join(folder, 'out.img'), { threads });
    expect(converted).toEqual({ format: 'sparse', size: disk.length, checked: [], isTailEnough: true });
    expect(readFileSync(join(folder, 'out.img')).equals(disk)).toBe(true);
  }
  expect(statSync(join(folder, 'out.img')).blocks * 512).toBeLessThan(disk.length);
  await createDmg(join(folder, 'in.sparseimage'), join(folder, 'made.dmg'));
  expect(sevenZipDisk(join(folder, 'made.dmg')).equals(disk)).toBe(true);
  expect((await verifyDmg(join(folder, 'in.sparseimage'))).checked).toEqual([]);
  expect(await describeDmg(join(folder, 'in.sparseimage'))).toMatchObject({
    format: 'sparse',
    chunks: { raw: { count: 4, bytes: disk.length - band }, ignore: { count: 1, bytes: band } },
  });
});

test('more bands than one node lists are found through the nodes after it', async () => {
  const many = randomBytes(3000 * 512);
  const backwards = Array.from({ length: 3000 }, (_, index) => 2999 - index);
  const folder = freshFolder();
  writeFileSync(join(folder, 'in.sparseimage'), writeSparse(many, backwards, 1));
  await convertDmg(join(folder, 'in.sparseimage'), join(folder, 'out.img'));
  expect(readFileSync(join(folder, 'out.img')).equals(many)).toBe(true);
});

describe('a damaged sparse image', () => {
  const whole = writeSparse(disk, order);
  const nodes = writeSparse(
    Buffer.alloc(1500 * 512),
    Array.from({ length: 1500 }, (_, index) => index),
    1,
  );
  const second = 4096 + 1008 * 512;
  test.each([
    ['another version', whole, 7, 4, 'version 4 is not 3 (sparse, at byte 4)'],
    ['no sectors in a band', whole, 8, 0x80, 'invalid band size: 2147485696 sectors (sparse, at byte 8)'],
    ['two counts of sectors', whole, 17, 1, 'counts of sectors differ'],
    [
      'a band beyond the disk',
      whole,
      67,
      77,
      'invalid band number: 77 on a disk of 5 bands (sparse, at byte 64)',
    ],
    ['a band twice', whole, 71, 4, 'band 4 is there twice (sparse, at byte 72)'],
    ['a node that is its own next', nodes, second + 18, 8, 'the next node is said to be at'],
    ['a node without its signature', nodes, second, 0, 'does not begin with "sprs"'],
  ])('with %s is refused with the place', async (_what, bytes, at, value, message) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    await expect(readSparse(memorySource(copy))).rejects.toThrow(message);
  });

  test('cut short anywhere is refused', async () => {
    for (const length of [whole.length - 8192 - band * 3 - 1, whole.length - band - 1, 4096 + 10, 4096]) {
      await expect(readSparse(memorySource(whole.subarray(0, length)))).rejects.toThrow(FormatError);
    }
    const folder = freshFolder();
    writeFileSync(join(folder, 'in.sparseimage'), whole.subarray(0, 4000));
    const run = convertDmg(join(folder, 'in.sparseimage'), join(folder, 'out.img'));
    await expect(run).rejects.toThrow(FormatError);
  });

  test('with any bytes of its nodes changed is a disk of the size told, or one error', async () => {
    const change = fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const copy = Buffer.from(nodes);
        for (const [at, node, by] of changes) copy[at + node * second] = (copy[at + node * second] ?? 0) ^ by;
        const sparse = await readSparse(memorySource(copy)).catch((error: unknown) => error);
        if (sparse === undefined || sparse instanceof FormatError) return;
        const { bands, size } = sparse as Exclude<Awaited<ReturnType<typeof readSparse>>, undefined>;
        for (const each of bands) expect(each.start + each.size).toBeLessThanOrEqual(size);
      }),
      { numRuns: 300 },
    );
  });
});

test('a folder that is no sparse bundle is no image', async () => {
  const folder = freshFolder();
  await expect(describeDmg(folder)).rejects.toThrow(`${folder} is not a file`);
  await expect(describeDmg(folder)).rejects.toBeInstanceOf(Failure);
});

test("a Mac's own sparse image holds a volume", async () => {
  const { volume, close } = await openInside(fixture('dfvfs/hfsplus.sparseimage'));
  expect(volume.header.totalBlocks).toBeGreaterThan(0);
  await close();
});
