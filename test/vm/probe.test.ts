import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BootFailure, boot, probeBoot, type BootResult, type SmokeMachine } from '../../src/vm/index.ts';
import { fixture } from '../rig/fixtures.ts';
import { apmDisk, bareDisk, gptDisk, hostileGptDisk, mbrDisk, writeImage } from './disk-images.ts';
import {
  buildFaultyProbe,
  buildProbe,
  machineArguments,
  temporaryFolder,
  testOsk,
  without,
} from './guests.ts';

const diskSectors = 2 ** 21;

let probe = '';
beforeAll(() => {
  probe = buildProbe();
});

interface Boot {
  readonly image?: Buffer;
  readonly machine?: Partial<SmokeMachine>;
  /** Changes the arguments. */
  readonly change?: (args: string[]) => string[];
  readonly cpus?: number;
}

async function bootProbe({
  image = gptDisk(),
  machine = {},
  change = (a) => a,
  cpus = 2,
}: Boot): Promise<BootResult> {
  const folder = temporaryFolder();
  const iso = writeImage(join(folder, 'iso.img'), image);
  return boot({
    ...probeBoot({ cpus, diskSectors, isoSectors: iso.sectors }),
    spawn,
    command: 'qemu-system-x86_64',
    args: change(machineArguments(folder, probe, iso.path, machine)),
    folder,
    milliseconds: 60_000,
    screenshot: 'screen.png',
  });
}

/** What the probe says is missing. */
async function missingFrom(request: Boot): Promise<{ names: string; failure: BootFailure }> {
  const failure = await bootProbe(request).then(
    () => new Error('the boot succeeded'),
    (error: unknown) => error as Error,
  );
  if (!(failure instanceof BootFailure)) throw failure;
  const line = failure.sighting.console.find((text) => text.startsWith('missing: ')) ?? '';
  return { names: line.slice('missing: '.length), failure };
}

describe('the probe in a whole machine', () => {
  it.each(['q35', 'pc'] as const)('sees everything on %s and proves it by its exit code', async (machine) => {
    const result = await bootProbe({ machine: { machine } });
    expect(result.reached.map(({ milestone }) => milestone)).toEqual([
      ...['firmware', 'smbios', 'smc', 'osk', 'acpi', 'ahci', 'disk', 'iso', 'volume', 'nic', 'cpu'],
      ...['verdict', 'ready', 'screen'],
    ]);
    expect(result.console).toContain('all 11 seen');
  });

  it('shows on the text screen what it writes on the debug console', async () => {
    const { screen, console } = await bootProbe({});
    expect(screen).toHaveLength(25);
    expect(screen.filter((line) => line !== '')).toEqual(console.map((line) => line.trimEnd()));
  });

  it('fits each of its lines on the screen', async () => {
    const { console } = await bootProbe({ machine: { machine: 'pc' } });
    expect(console.filter((line) => line.length > 80)).toEqual([]);
  });

  it('counts the CPUs that ACPI lists', async () => {
    const result = await bootProbe({ machine: { cpus: 3 }, cpus: 3 });
    expect(result.console.join('\n')).toMatch(/cpu +3 x GenuineIntel, family 6 model 15/);
  });

  it('names who shares the IRQ line of the network card', async () => {
    const crowd = ['ac97', 'ac97', 'ac97', 'ac97'].flatMap((device) => ['-device', device]);
    const result = await bootProbe({ change: (args) => [...args, ...crowd] });
    expect(result.console.join('\n')).toMatch(
      /nic +e1000 82545em at .*, irq \d+, shared with 8086:2415 and \d+ more/,
    );
  });
});

describe('the probe in a machine that lacks something', () => {
  it.each([
    ['no SMC', 'smc, osk, acpi', /smc\.cfg/],
    ['no base board in SMBIOS', 'smbios', /^type=2/],
    ['no disk', 'disk', /drive=disk,/],
    ['no ISO', 'iso, volume', /drive=iso,/],
    ['no network card', 'nic', /^e1000/],
  ])('with %s it names %s, and the boot fails', async (_what, names, argument) => {
    const { names: named, failure } = await missingFrom({ change: (args) => without(args, argument) });
    expect(named).toBe(names);
    expect(failure.code).toBe('guest-gave-up');
    const first = names.split(',')[0] ?? '';
    expect(failure.message).toMatch(
      new RegExp(`^milestone ${first} .* did not come; the guest says "missing: ${names}"`),
    );
  });

  it('with another string in the SMC it names osk, and does not show the string', async () => {
    const other = 'o'.repeat(64);
    const { names, failure } = await missingFrom({
      change: (args) => [...without(args, /smc\.cfg/), '-device', `isa-applesmc,osk=${other}`],
    });
    expect(names).toBe('osk');
    expect(failure.message).not.toContain(other);
    expect(failure.message).not.toContain(testOsk);
  });

  it('without an AHCI controller it names the controller and all that hangs on it', async () => {
    const { names } = await missingFrom({
      machine: { machine: 'pc' },
      change: (args) => without(args, /^ahci|^ide-hd/),
    });
    expect(names).toBe('ahci, disk, iso, volume');
  });

  it('with another number of CPUs than promised the boot fails, although the probe saw everything', async () => {
    const { names, failure } = await missingFrom({ cpus: 4 });
    expect(names).toBe('');
    expect(failure.message).toMatch(/^milestone cpu .*4 x/);
  });
});

describe('the probe on an ISO', () => {
  it.each([
    ['a GPT', gptDisk(), 'GPT, H+ at sector 80, 16 blocks of 4096 bytes'],
    ['an Apple map in blocks of 512 bytes', apmDisk(512), 'APM, HX at sector 8, 64 blocks of 512 bytes'],
    ['an Apple map in blocks of 2048 bytes', apmDisk(2048), 'APM, HX at sector 32, 64 blocks of 512 bytes'],
    [
      'a map in blocks of 512 bytes where block 0 says 2048',
      apmDisk(512, 2048),
      'APM, HX at sector 8, 64 blocks of 512 bytes',
    ],
    ['an MBR', mbrDisk(), 'MBR, H+ at sector 63, 40 blocks of 1024 bytes'],
    ['no map', bareDisk(), 'no map, H+ at sector 0, 8 blocks of 4096 bytes'],
  ])('with %s finds the volume', async (_what, image, line) => {
    const { console } = await bootProbe({ image });
    expect(console.find((text) => text.startsWith('[ ok ] volume'))).toBe(`[ ok ] volume    ${line}`);
  });

  it.each([
    ['zeros', Buffer.alloc(65536)],
    ['a GPT with absurd numbers', hostileGptDisk()],
    ['a map that claims more than the disk has', gptDisk().subarray(0, 70 * 512)],
    ['a volume header that claims more blocks than the disk has', gptDisk().subarray(0, 90 * 512)],
  ])('of %s names volume and goes on', async (_what, image) => {
    expect((await missingFrom({ image })).names).toBe('volume');
  });

  it('that was made on a real Mac agrees with its header', async () => {
    const image = readFileSync(fixture('dfvfs/hfsplus.raw'));
    const blocks = `${image.readUInt32BE(1024 + 44)} blocks of ${image.readUInt32BE(1024 + 40)} bytes`;
    const { console } = await bootProbe({ image });
    expect(console.join('\n')).toContain(blocks);
  });
});

describe('the probe as a binary', () => {
  it('is the same, byte for byte, when built in another folder', () => {
    const folder = join(temporaryFolder(), 'a-longer-name');
    mkdirSync(folder);
    const again = buildProbe(folder);
    expect(readFileSync(again).equals(readFileSync(probe))).toBe(true);
    expect(statSync(again).size).toBeLessThan(65536);
  });

  it('says where it was when the processor throws an exception, instead of starting over', async () => {
    const folder = temporaryFolder();
    const iso = writeImage(join(folder, 'iso.img'), gptDisk());
    const request = {
      ...probeBoot({ cpus: 2, diskSectors, isoSectors: iso.sectors }),
      spawn,
      command: 'qemu-system-x86_64',
      args: machineArguments(folder, buildFaultyProbe(), iso.path),
      folder,
      milliseconds: 60_000,
    };
    // Exception 6 is an invalid opcode.
    await expect(boot(request)).rejects.toThrow(/fault: exception 6, code 0, at 0010[0-9a-f]{4}/);
  });

  it('halts on a machine without a debug exit, and the boot fails although all was seen', async () => {
    const folder = temporaryFolder();
    const iso = writeImage(join(folder, 'iso.img'), gptDisk());
    const request = {
      ...probeBoot({ cpus: 2, diskSectors, isoSectors: iso.sectors }),
      spawn,
      command: 'qemu-system-x86_64',
      args: without(machineArguments(folder, probe, iso.path), /^isa-debug-exit/),
      folder,
      milliseconds: 6000,
    };
    await expect(boot(request)).rejects.toThrow(/^the end of the guest did not come within 6 s/);
  });
});
