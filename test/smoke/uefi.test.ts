import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { debianHfsDriver, needs } from '../rig/judges/index.ts';
import { temporaryFolder } from '../vm/guests.ts';
import { runScript } from '../vm/run-script.ts';
import { buildKernel } from './standins.ts';
import {
  bootUefi,
  buildEfi,
  espScript,
  espWithout,
  failureOf,
  fatEfi,
  forMachine,
  makeDisc,
  makeEsp,
  withMbr,
  type Disc,
} from './uefi-boots.ts';

const [intel32, intel64] = [7, 0x01000007];
const usual = 'System/Library/CoreServices/boot.efi';
const text = 'this is no program\n';

let loader = '';
let esp = '';
let probe = Buffer.alloc(0);
let kernel = Buffer.alloc(0);

beforeAll(() => {
  loader = buildEfi('blessed-loader');
  probe = readFileSync(buildEfi('probe-efi'));
  kernel = readFileSync(buildKernel());
});

/** The ESP that all but one of the boots have. */
async function sharedEsp(): Promise<string> {
  esp = esp === '' ? await makeEsp({ loader }) : esp;
  return esp;
}

async function disks(disc: Disc): Promise<{ esp: string; iso: string }> {
  return { esp: await sharedEsp(), iso: await makeDisc(kernel, disc) };
}

/** What a Mac's installer leaves: the folder, and the file by its number. */
const asOnAMac: Disc['blessing'] = (numbers) => ({
  0: numbers('System/Library/CoreServices'),
  1: numbers(usual),
  5: numbers('System/Library/CoreServices'),
});

describe('a boot by UEFI', { timeout: 240_000 }, () => {
  it('starts the blessed file from wherever it lies, and the stand-in sees everything', async (context) => {
    needs(context, 'ovmf', 'refind');
    const elsewhere = 'Library/Bücher & Co/start me.efi';
    const machine = await disks({
      files: { [usual]: text, [elsewhere]: probe },
      blessing: (numbers) => ({ 0: numbers('System/Library/CoreServices'), 1: numbers(elsewhere) }),
    });
    const { reached, console } = await bootUefi(machine);
    expect(reached.map(({ milestone }) => milestone)).toEqual([
      ...['firmware', 'loader', 'driver', 'volume', 'blessed', 'image', 'started', 'graphics', 'smbios'],
      ...['smc', 'osk', 'acpi', 'own-volume', 'kernel', 'darwin', 'verdict', 'step 17'],
    ]);
    expect(console).toContain('all 9 seen');
    expect(console.find((line) => line.startsWith('  loaded from '))).toMatch(
      /HD\(1,GPT,.*\\Library\\Bu\?cher & Co\\start me\.efi$/,
    );
  });

  it('starts boot.efi in the blessed folder where no file is blessed, of a fat file its part', async (context) => {
    needs(context, 'ovmf', 'refind');
    const other = forMachine(probe, 0x014c);
    const machine = await disks({
      files: {
        'Elsewhere/boot.efi': fatEfi([
          { cpu: intel32, image: other },
          { cpu: intel64, image: probe },
        ]),
      },
      // Field 1 was a folder's number before there was EFI.
      blessing: (numbers) => ({ 0: numbers('Elsewhere'), 1: numbers('System') }),
    });
    const { console } = await bootUefi(machine);
    expect(console).toContain('[ ok ] blessed   \\Elsewhere\\boot.efi');
    expect(console).toContain(
      `[ ok ] image     ${probe.length} bytes for x86-64, of a file for several machines`,
    );
    expect(console).toContain('all 9 seen');
  });

  it('refuses a volume that is not blessed, and says so', async (context) => {
    needs(context, 'ovmf', 'refind');
    const failure = await failureOf(await disks({ files: { [usual]: probe }, blessing: () => ({}) }));
    expect(failure.message).toMatch(
      /^milestone blessed \(.*\) did not come; the guest says "missing: blessed"\nMilestones seen: firmware, loader, driver, volume\.\n/,
    );
    expect(failure.message).toContain(
      '[miss] blessed   the volume is not blessed: its header names no system folder and no file to start',
    );
    // OVMF draws; the serial line has what stands on the screen.
    expect(failure.sighting.serial.join('\n')).toContain('[miss] blessed');
  });

  it('says that a volume is not blessed on a disk with an MBR, too, whose end is the volume’s', async (context) => {
    needs(context, 'ovmf', 'refind');
    const { esp: partition, iso } = await disks({ files: { [usual]: probe }, blessing: () => ({}) });
    const failure = await failureOf({ esp: partition, iso: await withMbr(iso) });
    expect(failure.message).toContain('[ ok ] volume');
    expect(failure.message).toContain('[miss] blessed   the volume is not blessed');
    expect(failure.message).not.toContain('damaged');
  });

  it('says that what is blessed is not there, and that the kernel is no kernel', async (context) => {
    needs(context, 'ovmf', 'refind');
    const gone = await failureOf(await disks({ files: { [usual]: probe }, blessing: () => ({ 1: 4711 }) }));
    expect(gone.message).toContain(
      '[miss] blessed   the header blesses a number that no file or folder of the volume has',
    );
    const iso = await makeDisc(Buffer.from(text), { files: { [usual]: probe }, blessing: asOnAMac });
    const kernelless = await failureOf({ esp: await sharedEsp(), iso });
    expect(kernelless.message).toMatch(/^milestone kernel /);
    expect(kernelless.message).toMatch(/\[miss\] kernel +(?!it is not there)/);
  });

  it('names the driver where it is not on the ESP', async (context) => {
    needs(context, 'ovmf', 'refind');
    const { iso } = await disks({ files: { [usual]: probe }, blessing: asOnAMac });
    const failure = await failureOf({ esp: espWithout(esp, 'EFI/cidermill/hfsplus.efi'), iso });
    expect(failure.message).toMatch(/^milestone driver /);
    expect(failure.message).toContain(
      '[miss] driver    no HFS+ driver at \\EFI\\cidermill\\hfsplus.efi beside this loader',
    );
  });

  it('names the volume where its header is gone', async (context) => {
    needs(context, 'ovmf', 'refind');
    const machine = await disks({
      files: { [usual]: probe },
      blessing: asOnAMac,
      damage: (disk, { offset }) => disk.fill(0, offset + 1024, offset + 1536),
    });
    const failure = await failureOf(machine);
    expect(failure.message).toMatch(/^milestone volume /);
    expect(failure.message).toContain('[miss] volume    the HFS+ volume is damaged: its header is gone');
  });

  it('names the image where boot.efi is for another machine', async (context) => {
    needs(context, 'ovmf', 'refind');
    const machine = await disks({ files: { [usual]: forMachine(probe, 0x014c) }, blessing: asOnAMac });
    const failure = await failureOf(machine);
    expect(failure.message).toMatch(/^milestone image /);
    expect(failure.message).toContain('[miss] image     it is for another machine: 32-bit x86');
  });
});

describe('a driver of the user’s', () => {
  const given = async (files: Readonly<Record<string, Uint8Array>>): Promise<string> => {
    const tree = temporaryFolder();
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(tree, name), bytes);
    const { code, outputs, events } = await runScript('hfsplus-efi', {
      parameters: {},
      sources: { tree },
      inputs: {},
      outputs: { driver: 'hfs_x64.efi' },
    });
    const failure = events.find(({ type }) => type === 'failure');
    return failure?.type === 'failure'
      ? failure.message
      : `${code}: ${readFileSync(join(outputs, 'hfs_x64.efi')).length} bytes`;
  };

  it('is taken as it is, and refused where firmware would not take it for a driver', async (context) => {
    needs(context, 'refind');
    const driver = readFileSync(debianHfsDriver());
    expect(await given({ 'mine.efi': driver })).toBe(`0: ${driver.length} bytes`);
    expect(await given({ 'mine.efi': probe })).toBe(
      'mine.efi is an EFI program, but not a boot service driver',
    );
    expect(await given({ 'mine.efi': forMachine(driver, 0x014c) })).toBe(
      'mine.efi is not a program for 64-bit x86 and UEFI',
    );
    expect(await given({ 'mine.efi': driver, 'other.efi': driver })).toMatch(/ has 2 drivers: /);
    expect(await given({ 'mine.txt': driver })).toMatch(/ has no \.efi file, and is no source of rEFInd$/);
  });
});

describe('the EFI system partition', () => {
  it('is the same bytes for the same files, and another’s program reads them', async (context) => {
    needs(context, 'refind', '7zz');
    const again = await makeEsp({ loader });
    const driver = readFileSync(join(dirname(again), 'hfsplus.efi'));
    expect(driver.equals(readFileSync(debianHfsDriver()))).toBe(true);
    expect(readFileSync(again).equals(readFileSync(await sharedEsp()))).toBe(true);
    expect(execFileSync('sgdisk', ['-p', esp], { encoding: 'utf8' })).toMatch(/ 1 .* EF00 +EFI/);
    const folder = temporaryFolder();
    execFileSync('7zz', ['x', `-o${folder}`, esp], { stdio: 'ignore' });
    expect(readFileSync(join(folder, 'EFI/BOOT/BOOTX64.EFI')).equals(readFileSync(loader))).toBe(true);
  });

  it('has the user’s OpenCore where one is given, whose loader then goes before ours', async (context) => {
    needs(context, 'refind');
    const opencore = temporaryFolder();
    for (const name of ['BOOT', 'OC']) mkdirSync(join(opencore, 'EFI', name), { recursive: true });
    writeFileSync(join(opencore, 'EFI/BOOT/BOOTx64.efi'), 'a stand-in for OpenCore');
    writeFileSync(join(opencore, 'EFI/OC/config.plist'), '<plist/>');
    const disk = await makeEsp({ loader, opencore });
    const list = execFileSync('mdir', ['-b', '-/', '-i', `${disk}@@20480`, '::'], { encoding: 'utf8' });
    expect(list.toLowerCase().split('\n')).toEqual(
      expect.arrayContaining([
        '::/efi/boot/bootx64.efi',
        '::/efi/oc/config.plist',
        '::/efi/cidermill/loader.efi',
      ]),
    );
    const started = execFileSync('mtype', ['-i', `${disk}@@20480`, '::EFI/BOOT/BOOTX64.EFI'], {
      encoding: 'utf8',
    });
    expect(started).toBe('a stand-in for OpenCore');
  });

  it('keeps what the user’s folder has by the name of a file of ours, in capitals or not', async (context) => {
    needs(context, 'refind');
    const opencore = temporaryFolder();
    mkdirSync(join(opencore, 'EFI/Boot'), { recursive: true });
    writeFileSync(join(opencore, 'EFI/Boot/bootx64.efi'), 'another loader');
    writeFileSync(join(opencore, 'Startup.nsh'), 'their script');
    writeFileSync(join(opencore, 'für Ann.txt'), 'Grüße');
    const disk = await makeEsp({ loader, opencore });
    const read = (path: string): string =>
      execFileSync('mtype', ['-i', `${disk}@@20480`, `::${path}`], { encoding: 'utf8' });
    expect(read('EFI/BOOT/BOOTX64.EFI')).toBe('another loader');
    expect(read('startup.nsh')).toBe('their script');
    expect(read('README.txt')).toMatch(/^An EFI system partition made by cidermill\./);
    const folder = temporaryFolder();
    execFileSync('7zz', ['x', `-o${folder}`, disk], {
      stdio: 'ignore',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    expect(readFileSync(join(folder, 'für Ann.txt'), 'utf8')).toBe('Grüße');
  });

  it('says that a folder does not fit, and how to make room', async (context) => {
    needs(context, 'refind');
    const opencore = temporaryFolder();
    mkdirSync(join(opencore, 'EFI/OC'), { recursive: true });
    writeFileSync(join(opencore, 'EFI/OC/large'), Buffer.alloc(35 * 2 ** 20));
    const { code, events } = await espScript({ loader, opencore });
    expect(code).toBe(1);
    expect(events.find(({ type }) => type === 'failure')).toMatchObject({
      message: 'the files do not fit on a partition of 35651584 bytes: EFI/OC/large is too much',
      hint: expect.stringContaining('--set esp-size=SIZE') as string,
    });
  });

  it('refuses a folder that is not OpenCore’s', async (context) => {
    needs(context, 'refind');
    const { code, events } = await espScript({ loader, opencore: temporaryFolder() });
    expect(code).toBe(1);
    expect(events.find(({ type }) => type === 'failure')).toMatchObject({
      message: 'the folder given as esp.opencore has no folder EFI',
    });
  });
});
