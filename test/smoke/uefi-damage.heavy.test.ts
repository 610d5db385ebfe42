import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { absence } from '../rig/judges/index.ts';
import { temporaryFolder } from '../vm/guests.ts';
import { buildKernel } from './standins.ts';
import { buildEfi, failureOf, fatEfi, forMachine, makeDisc, makeEsp, type Disc } from './uefi-boots.ts';

/* Each boot takes some seconds: what test/smoke/uefi.test.ts shows once is here with all its kinds. */

const usual = 'System/Library/CoreServices/boot.efi';
const [intel32, intel64, arm64] = [7, 0x01000007, 0xaa64];

let esp = '';
let probe = Buffer.alloc(0);
let kernel = Buffer.alloc(0);
beforeAll(async () => {
  probe = readFileSync(buildEfi('probe-efi'));
  kernel = readFileSync(buildKernel());
  esp = await makeEsp({ loader: buildEfi('blessed-loader') });
}, 120_000);

/** A disc with that boot.efi, blessed as a Mac's installer does it. */
function withBootEfi(bytes: Uint8Array | string, damage?: Disc['damage']): Disc {
  return {
    files: { [usual]: bytes },
    blessing: (numbers) => ({ 0: numbers('System/Library/CoreServices'), 1: numbers(usual) }),
    ...(damage && { damage }),
  };
}

/** Where a volume's catalog begins on its disk: the first block of its first extent (TN1150, "Volume Header"). */
function catalogAt(disk: Buffer, offset: number): number {
  const header = offset + 1024;
  return offset + disk.readUInt32BE(header + 40) * disk.readUInt32BE(header + 272 + 16);
}

type Case = readonly [what: string, disc: () => Disc, milestone: string, says: string];

const damaged: readonly Case[] = [
  [
    'whose header says a volume larger than its partition',
    () => withBootEfi(probe, (disk, { offset }) => void disk.writeUInt32BE(0x7fffffff, offset + 1024 + 44)),
    'volume',
    'the HFS+ volume is damaged: it is larger than its partition',
  ],
  [
    'whose header says blocks of three bytes',
    () => withBootEfi(probe, (disk, { offset }) => void disk.writeUInt32BE(3, offset + 1024 + 40)),
    'volume',
    'the HFS+ volume is damaged: its header says no size of its blocks',
  ],
  [
    'whose catalog lies outside of it',
    () => withBootEfi(probe, (disk, { offset }) => void disk.writeUInt32BE(0x7fffffff, offset + 1024 + 288)),
    'volume',
    'the HFS+ volume is damaged: its catalog lies outside of it',
  ],
  [
    "whose catalog's root node is zeros",
    () =>
      withBootEfi(probe, (disk, { offset }) => {
        const catalog = catalogAt(disk, offset);
        const [root, size] = [disk.readUInt32BE(catalog + 16), disk.readUInt16BE(catalog + 32)];
        disk.fill(0, catalog + root * size, catalog + (root + 1) * size);
      }),
    'blessed',
    'the catalog is damaged',
  ],
];

const blessedOddly: readonly Case[] = [
  [
    'that blesses a number which nothing has',
    () => ({ files: { [usual]: probe }, blessing: () => ({ 0: 4711 }) }),
    'blessed',
    'the header blesses a number that no file or folder of the volume has',
  ],
  [
    'whose blessed folder has no boot.efi',
    () => ({ files: { 'Empty/readme': 'text' }, blessing: (numbers) => ({ 5: numbers('Empty') }) }),
    'image',
    'it is not there',
  ],
];

const noImage: readonly Case[] = [
  ['text', () => withBootEfi('text\n'.repeat(30)), 'image', 'it does not begin with MZ'],
  ['for 64-bit ARM', () => withBootEfi(forMachine(probe, arm64)), 'image', 'for another machine: 64-bit ARM'],
  [
    'cut off',
    () => withBootEfi(probe.subarray(0, 900)),
    'image',
    'the firmware does not load it: it is damaged',
  ],
  [
    'fat, without a part for x86-64',
    () => withBootEfi(fatEfi([{ cpu: intel32, image: Buffer.alloc(100) }])),
    'image',
    'it is for several machines, and x86-64 is none of them',
  ],
  [
    'fat, with a part that ends behind the file',
    () => withBootEfi(fatEfi([{ cpu: intel64, image: Buffer.alloc(600) }]).subarray(0, 700)),
    'image',
    'its part for x86-64 ends behind the end of the file',
  ],
];

describe.skipIf(absence('ovmf') ?? absence('refind'))('a boot by UEFI names', { timeout: 240_000 }, () => {
  const named = async (disc: Disc, milestone: string, says: string): Promise<void> => {
    const { message, sighting } = await failureOf({ esp, iso: await makeDisc(kernel, disc) });
    const missed = sighting.console.find((line) => line.startsWith('[miss] ')) ?? message;
    expect(missed.replace(/ +/g, ' ')).toContain(`[miss] ${milestone} `);
    expect(missed).toContain(says);
  };

  it.each(damaged)('what is wrong with a volume %s', (_what, disc, ...expected) =>
    named(disc(), ...expected),
  );

  it.each(blessedOddly)('what is wrong with a volume %s', (_what, disc, ...expected) =>
    named(disc(), ...expected),
  );

  it.each(noImage)('what is wrong with a boot.efi that is %s', (_what, disc, ...expected) =>
    named(disc(), ...expected),
  );

  it('disks of which none has an HFS+ volume', async () => {
    const iso = join(temporaryFolder(), 'blank.img');
    writeFileSync(iso, Buffer.alloc(2 ** 20));
    const { sighting } = await failureOf({ esp, iso });
    expect(sighting.console).toContain('[miss] volume    no HFS+ volume on any disk');
  });
});
