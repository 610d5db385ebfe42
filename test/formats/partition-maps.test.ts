import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { apmEntry, driverMap, readApm } from '../../src/formats/apm/index.ts';
import { readGpt } from '../../src/formats/gpt/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { freshFolder } from '../rig/folder.ts';

const sectors = 20_000;

let made: Buffer | undefined;

/** A GPT by sgdisk, which takes a second: an EFI partition and an HFS+ one. */
function gptDisk(): Buffer {
  return Buffer.from((made ??= makeGptDisk()));
}

function makeGptDisk(): Buffer {
  const path = join(freshFolder(), 'disk');
  writeFileSync(path, '');
  truncateSync(path, sectors * 512);
  const parts = ['-n1:2048:+1M', '-t1:EF00', '-c1:boot', '-n2:8192:+2M', '-t2:AF00', '-c2:Größe 磁盘'];
  execFileSync('sgdisk', ['-a1', ...parts, path], { stdio: 'pipe' });
  return readFileSync(path);
}

test('partitions of a table that sgdisk wrote are read with their names and places', async () => {
  expect(await readGpt(memorySource(gptDisk()))).toMatchObject({
    size: sectors * 512,
    sound: ['primary', 'backup'],
    partitions: [
      { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', name: 'boot', offset: 2048 * 512, size: 2 ** 20 },
      { type: '48465300-0000-11aa-aa11-00306543ecac', name: 'Größe 磁盘', offset: 8192 * 512, size: 2 ** 21 },
    ],
  });
});

test.each([
  { what: 'header', sector: 1, sound: 'backup' },
  { what: 'table', sector: 2, sound: 'backup' },
  { what: 'backup header', sector: sectors - 1, sound: 'primary' },
  { what: 'backup table', sector: sectors - 33, sound: 'primary' },
])('a damaged $what is noticed and the other copy used', async ({ sector, sound }) => {
  const disk = gptDisk();
  disk[sector * 512 + 40] = (disk[sector * 512 + 40] ?? 0) ^ 1;
  const gpt = await readGpt(memorySource(disk));
  expect(gpt?.sound).toEqual([sound]);
  expect(gpt?.partitions).toHaveLength(2);
});

test('a disk whose two tables are damaged is refused, one without tables has none', async () => {
  const disk = gptDisk();
  disk.fill(1, 600, 620);
  disk.fill(1, (sectors - 1) * 512 + 88, (sectors - 1) * 512 + 92);
  await expect(readGpt(memorySource(disk))).rejects.toThrow(FormatError);
  expect(await readGpt(memorySource(Buffer.alloc(4096)))).toBeUndefined();
  expect(await readGpt(memorySource(Buffer.alloc(0)))).toBeUndefined();
});

function apmDisk(entries: number, mapEntries = entries): Buffer {
  const disk = Buffer.alloc(1000 * 512);
  disk.set(driverMap.encode({ signature: 0x4552, blockSize: 512, blockCount: 1000 }));
  const all = [
    { type: 'Apple_partition_map', name: 'Apple', firstBlock: 1, blockCount: 63 },
    { type: 'Apple_HFS', name: 'disk image', firstBlock: 64, blockCount: 800 },
    { type: 'Apple_Free', name: '', firstBlock: 864, blockCount: 136 },
  ];
  all.slice(0, entries).forEach((entry, index) => {
    const rest = {
      padding: 0,
      mapEntries,
      dataFirstBlock: 0,
      dataBlockCount: entry.blockCount,
      status: 0x33,
    };
    disk.set(apmEntry.encode({ signature: 0x504d, ...entry, ...rest }), 512 * (index + 1));
  });
  return disk;
}

test('an Apple partition map is read as mmls reads it', async () => {
  const disk = apmDisk(3);
  const path = join(freshFolder(), 'disk');
  writeFileSync(path, disk);
  const apm = await readApm(memorySource(disk));
  expect(apm?.size).toBe(1000 * 512);
  const listed = execFileSync('mmls', ['-t', 'mac', '-a', path], { encoding: 'utf8' });
  for (const { type, offset, size } of apm?.partitions ?? []) {
    const number = (bytes: number): string => String(bytes / 512).padStart(10, '0');
    expect(listed).toMatch(new RegExp(`${number(offset)} +\\d+ +${number(size)} +${type}`));
  }
  expect(apm?.partitions.map((each) => each.name)).toEqual(['Apple', 'disk image', '']);
});

test('a map of more entries than there are is refused, and no map is none', async () => {
  await expect(readApm(memorySource(apmDisk(3, 4)))).rejects.toThrow('entry 4 of 4 does not begin with "PM"');
  await expect(readApm(memorySource(apmDisk(3, 0xffffffff)))).rejects.toThrow(FormatError);
  expect(await readApm(memorySource(Buffer.alloc(4096)))).toBeUndefined();
});
