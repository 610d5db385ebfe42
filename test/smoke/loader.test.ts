import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bootPlist, bootPlistPath as plistPath } from '../../src/guest/boot-plist.ts';
import type { BootFailure, BootResult } from '../../src/vm/index.ts';
import { temporaryFolder } from '../vm/guests.ts';
import { readPng } from './png.ts';
import {
  bootLoader,
  buildKernel,
  buildLoader,
  cutOffDisk,
  kernelEnd,
  linkLoader,
  makeSystemDisk,
  routeOf,
  type LoaderBoot,
  type SystemDisk,
} from './standins.ts';

const kernelPath = 'System/Library/Kernels/kernel';

let loader = '';
let kernel: Uint8Array;
let oldKernel: Uint8Array;
beforeAll(() => {
  loader = buildLoader();
  kernel = readFileSync(buildKernel());
  oldKernel = readFileSync(buildKernel('10.8.0'));
});

async function start(disk: SystemDisk, request: Partial<LoaderBoot> = {}) {
  const iso = await makeSystemDisk({ ...disk, files: { [kernelPath]: kernel, ...disk.files } });
  return bootLoader({ loader, iso, route: 'standin', ...request });
}

async function failure(boot: Promise<unknown>): Promise<BootFailure> {
  return boot.then(
    () => {
      throw new Error('the boot succeeded');
    },
    (error: unknown) => error as BootFailure,
  );
}

/** A disk as the guest's own is, for the machine's second. */
async function guestDisk(holding: SystemDisk): Promise<string> {
  const raw = await makeSystemDisk(holding);
  const disk = join(temporaryFolder(), 'disk.qcow2');
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', raw, disk]);
  return disk;
}

/** The menu's line of the volume. */
function itemOf(reached: BootResult['reached']): string | undefined {
  return reached.find(({ milestone }) => milestone === 'volume')?.seen.trim();
}

/** Types that at the prompt and goes on to the kernel's end. */
function namedKernel(typed: string): string {
  const route = routeOf(
    "{ see: { screen: '/^boot:/' } }",
    `{ type: ${typed} }`,
    '{ press: ret }',
    '{ see: { console: waiting for a key } }',
  );
  return route + kernelEnd;
}

/** The lines of the screen, as those of the menu. */
function menuOf(screen: readonly string[]): string[] {
  return screen.map((line) => line.trim()).filter((line) => line.startsWith('hd('));
}

const untilPrompt = routeOf("{ see: { screen: '/^boot:/' } }");

describe('a loader driven into the kernel', () => {
  it.each(['q35', 'pc'] as const)('passes every milestone on %s', async (machine) => {
    const result = await start(
      {},
      { machine: { machine }, values: { volume: 'Sample', version: '10.10.5', flags: 'idlehalt=0 -v' } },
    );
    expect(result.reached.map(({ milestone }) => milestone).filter((name) => !name.includes(' '))).toEqual([
      ...['loader', 'prompt', 'volume', 'flags', 'kernel', 'command-line', 'handover'],
    ]);
    const seen = (name: string) => result.reached.find(({ milestone }) => milestone === name)?.seen.trim();
    expect(seen('volume')).toBe('hd(0,1) (10.10) Sample');
    expect(seen('kernel')).toMatch(/^Darwin Kernel Version 14\.5\.0: /);
    expect(seen('command-line')).toBe('[ ok ] command-line "idlehalt=0 -v kext-dev-mode=1"');
    expect(result.serial).toEqual(result.console);
    expect(result.screen.slice(0, result.console.length)).toEqual(
      result.console.map((line) => line.trimEnd()),
    );
  });

  it('finds the volume of a disk with an Apple map, counted as Chameleon counts its entries', async () => {
    const { reached } = await start({ map: 'apm' });
    expect(itemOf(reached)).toBe('hd(0,1) (10.10) Sample');
  });

  it('finds none on a disk without a map, as Chameleon finds none', async () => {
    const error = await failure(start({ map: 'none' }));
    expect(error.message).toContain('the guest says "No HFS+ volume on any disk');
  });

  it('lists a volume without a system only behind an Apple map, without a version', async () => {
    const bare = { version: null, files: { mach_kernel: oldKernel } };
    const { reached, console } = await start({ ...bare, map: 'apm' });
    expect(itemOf(reached)).toBe('hd(0,1) () Sample');
    expect(console).toContain('[ ok ] boot-args    version 1 revision 6, EFI mode 64');
    const error = await failure(start(bare));
    expect(error.message).toContain('the guest says "No HFS+ volume has a system on it');
  });

  it('lists the volumes of all disks, and picks the one that is wanted by the arrow keys', async () => {
    const disk = await guestDisk({
      name: 'Installed',
      version: '10.9.5',
      files: { mach_kernel: kernel },
    });
    const folder = temporaryFolder();
    const files = { [plistPath]: bootPlist({ kernelFlags: ['npci=0x2000'] }) };
    const result = await start(
      { name: 'Medium', files },
      { folder, machine: { disk }, values: { volume: 'Installed', version: '10.9.5' } },
    );
    expect(result.console).toContain('[ ok ] command-line "npci=0x2000 -v"');
    expect(itemOf(result.reached)).toBe('hd(1,1) (10.9) Installed');
    // Text mode has 720 by 400 pixels; the prompt is light on black.
    const picture = readPng(join(folder, 'prompt.png'));
    expect([picture.width, picture.height]).toEqual([720, 400]);
  });

  it('shows what the kernel paints in the graphics mode that the plist asks for', async () => {
    const folder = temporaryFolder();
    const files = { [plistPath]: bootPlist({ graphicsMode: '1024x768x32' }) };
    const route = routeOf(
      "{ see: { screen: '/^boot:/' } }",
      '{ press: ret }',
      '{ see: { display: 1024x768 }, as: graphics }',
      '{ see: { console: waiting for a key } }',
      '{ picture: bands }',
    );
    const { console } = await start({ files }, { folder, route: route + kernelEnd });
    expect(console.join('\n')).toMatch(/ok \] video +1024x768x32 at [0-9a-f]{8}, graphics/);
    const picture = readPng(join(folder, 'bands.png'));
    expect([picture.width, picture.height]).toEqual([1024, 768]);
    const column = [10, 245, 266, 501, 522, 757].map((y) => picture.at(512, y).toString(16));
    expect(column).toEqual(['1e7d32', '1e7d32', 'f9a825', 'f9a825', 'c62828', 'c62828']);
    expect(picture.at(1023, 767)).toBe(0xc62828);
  });

  it('picks a volume although the colour of another, with a long name, is not all taken back', async () => {
    const name = 'A volume whose name is longer than forty cells';
    const disk = await guestDisk({
      name: 'Installed',
      version: '10.9.5',
      files: { mach_kernel: kernel },
    });
    const result = await start({ name }, { machine: { disk }, values: { volume: 'Installed' } });
    expect(result.console).toContain('[ ok ] command-line "-v"');
  });

  it('starts up from the default volume, without what was typed, when Escape is pressed', async () => {
    const disk = await guestDisk({ name: 'Installed', version: '10.9.5' });
    const route = routeOf(
      "{ see: { screen: '/^boot:/' } }",
      '{ pick: Installed }',
      '{ type: -s }',
      '{ press: esc }',
      '{ see: { console: waiting for a key } }',
    );
    const { console } = await start({}, { machine: { disk }, route: route + kernelEnd });
    expect(console).toContain('[ ok ] command-line "kext-dev-mode=1"');
  });

  it('takes a first word without "=" as the name of a kernel, as Chameleon does', async () => {
    const files = { 'System/Library/Kernels/other': kernel, [kernelPath]: Buffer.alloc(0) };
    const { console } = await start({ files }, { route: namedKernel('other -v') });
    expect(console).toContain('[ ok ] command-line "-v kext-dev-mode=1"');
    const whole = await start({ files }, { route: namedKernel('/System/Library/Kernels/other -v') });
    expect(whole.console).toContain('[ ok ] command-line "-v kext-dev-mode=1"');
  });

  it("reads the picked volume's own settings where it has some", async () => {
    const own = { [plistPath]: bootPlist({ kernelFlags: ['own=1'] }), mach_kernel: kernel };
    const disk = await guestDisk({ name: 'Installed', version: '10.9.5', files: own });
    const files = { [plistPath]: bootPlist({ kernelFlags: ['first=1'], timeout: 60 }) };
    const result = await start({ files }, { machine: { disk }, values: { volume: 'Installed' } });
    expect(result.console).toContain('[ ok ] command-line "own=1 -v"');
  });

  it('starts by itself when the timeout is over', async () => {
    const files = { [plistPath]: bootPlist({ timeout: 1 }) };
    const route = routeOf(
      "{ see: { screen: 'Press any key for the startup options' } }",
      '{ see: { console: waiting for a key } }',
    );
    const { console } = await start({ files }, { route: route + kernelEnd });
    expect(console).toContain('[ ok ] command-line "kext-dev-mode=1"');
  });

  it('types every kind of character of the US layout, and a guest reads it', async () => {
    const marks = Array.from('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ azAZ09').join('');
    const route = routeOf(
      "{ see: { screen: '/^boot:/' } }",
      `{ type: ${JSON.stringify(marks)} }`,
      `{ see: { screen: ${JSON.stringify(`boot: ${marks}`)} } }`,
    );
    await start({}, { route });
  });
});

describe("Chameleon's route", () => {
  let speaking = '';
  beforeAll(() => {
    speaking = buildLoader({ words: 'chameleon' });
  });

  it.each([
    ['past a countdown', { timeout: 60, gui: false }],
    ['from a menu that is there at once', { gui: false }],
  ])('leads through a loader that says what Chameleon says, %s', async (_what, settings) => {
    const disk = await guestDisk({
      name: 'Installed',
      version: '10.9.5',
      files: { mach_kernel: kernel },
    });
    const result = await start(
      { files: { [plistPath]: bootPlist(settings) } },
      {
        loader: speaking,
        route: 'chameleon',
        machine: { disk },
        values: { volume: 'Installed', version: '10.9.5', flags: '-v debug=0x144' },
      },
    );
    expect(itemOf(result.reached)).toBe('hd(1,1) (10.9) Installed');
    expect(result.console).toContain('[ ok ] command-line "-v debug=0x144"');
  });
});

describe('the route without a key', () => {
  const asked = { flags: 'cham=iso', mode: '1280x1024x32', darwin: '14.5.0' };
  const settings = { timeout: 2, gui: false, kernelFlags: ['cham=iso'], graphicsMode: '1280x1024x32' };

  it("proves that a loader has read the disc's settings: countdown, flags, mode", async () => {
    const { reached } = await start(
      { files: { [plistPath]: bootPlist(settings) } },
      { loader: buildLoader({ words: 'chameleon' }), route: 'chameleon-settings', values: asked },
    );
    const names = reached.map(({ milestone }) => milestone);
    expect(names.slice(0, 6)).toEqual([
      ...['loader', 'countdown', 'kernel', 'command-line', 'video', 'handover'],
    ]);
  });

  it.each([
    ['there is no timeout', { ...settings, timeout: undefined }, 'the guest says "boot:"'],
    ['another mode was read', { ...settings, graphicsMode: '800x600x32' }, 'milestone video'],
    ['other flags were read', { ...settings, kernelFlags: ['cham=other'] }, 'milestone command-line'],
  ])('fails where %s', async (_what, { timeout, ...others }, message) => {
    const plist = bootPlist({ ...others, ...(timeout !== undefined && { timeout }) });
    const boot = start(
      { files: { [plistPath]: plist } },
      {
        loader: buildLoader({ words: 'chameleon' }),
        route: 'chameleon-settings',
        values: asked,
        seconds: 20,
      },
    );
    expect((await failure(boot)).message).toContain(message);
  });
});

describe('a disk whose last sectors a loader cannot read', () => {
  it('is not silently without its settings: the boot ends by the words of the loader', async () => {
    const iso = await cutOffDisk(kernel);
    const error = await failure(bootLoader({ loader, iso, route: 'standin' }));
    expect(error.code).toBe('guest-gave-up');
    expect(error.message).toMatch(/the guest says "[^"]*EBIOS read error: Error 0x0c"/);
  });

  it('leads into a menu that waits, as in a real loader, which then starts the kernel all the same', async () => {
    const route = routeOf(
      "{ see: { screen: 'EBIOS read error' } }",
      "{ see: { screen: '/^boot:/' } }",
      '{ press: ret }',
      "{ see: { screen: 'Errors encountered while starting up' } }",
      '{ see: { console: waiting for a key } }',
    );
    const { console } = await bootLoader({ loader, iso: await cutOffDisk(kernel), route: route + kernelEnd });
    expect(console).toContain('[ ok ] command-line "kext-dev-mode=1"');
  });
});

describe('what a loader hands over', () => {
  it('is version 1 of the boot arguments for OS X 10.6', async () => {
    const files = { mach_kernel: oldKernel, [kernelPath]: oldKernel };
    const { console } = await start({ version: '10.6.8', files });
    expect(console).toContain('[ ok ] boot-args    version 1 revision 6, EFI mode 64');
    expect(console).toContain('all 7 seen');
  });

  it('says the video in the fields of 64 bits for macOS 10.12 and later', async () => {
    const sierra = readFileSync(buildKernel('16.7.0'));
    const files = { [kernelPath]: sierra, [plistPath]: bootPlist({ graphicsMode: '800x600x32' }) };
    const { console } = await start({ version: '10.12.6', files });
    expect(console.join('\n')).toMatch(/ok \] video +800x600x32 at [0-9a-f]{8}, graphics/);
    // An older kernel reads the old fields, which say nothing then.
    const old = await start({ version: '10.12.6', files: { ...files, [kernelPath]: kernel } });
    expect(old.console).toContain('[ ok ] video        VGA text');
  });

  it('is refused by a kernel that needs the other version, and the boot fails by its name', async () => {
    const error = await failure(start({ version: '10.6.8', files: { mach_kernel: kernel } }));
    expect(error).toMatchObject({ name: 'BootFailure', code: 'guest-gave-up' });
    expect(error.message).toMatch(/^milestone handover .*; the guest says "missing: boot-args"/);
    expect(error.message).toContain(
      '[miss] boot-args    version 1 revision 6, where Darwin 14 needs version 2',
    );
  });
});

describe('volumes that the stand-in loader reads', () => {
  it('may have a catalog of many nodes and a universal kernel', async () => {
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`Library/Many/file ${i}`, '']));
    const { console } = await start({ files: { ...many, [kernelPath]: universal(kernel) } });
    expect(console).toContain('all 7 seen');
  });

  it('may spell names in another case, unless they are case-sensitive', async () => {
    const other = { version: '10.9.5', files: { MACH_Kernel: kernel } };
    expect((await start(other)).console).toContain('all 7 seen');
    const error = await failure(start({ ...other, caseSensitive: true }));
    expect(error.message).toContain('the guest says "Can\'t find a kernel on the volume: /mach_kernel');
    const both = { version: '10.9.5', files: { MACH_Kernel: Buffer.alloc(0), mach_kernel: kernel } };
    expect((await start({ ...both, caseSensitive: true })).console).toContain('all 7 seen');
  });

  it.each([
    [
      'an ELF file',
      Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(9000)]),
      'it is no Mach-O executable',
    ],
    ['a kernel cut off', () => kernel.subarray(0, 4096), 'a segment lies outside of the file'],
    ['a header cut off', () => kernel.subarray(0, 250), 'its load commands run over its end'],
    ['nothing', Buffer.alloc(0), 'it is no Mach-O executable'],
  ])('do not start %s', async (_what, content, fault) => {
    const bytes = typeof content === 'function' ? content() : content;
    const error = await failure(start({ files: { [kernelPath]: bytes } }));
    expect(error.code).toBe('guest-gave-up');
    expect(error.message).toContain(`the guest says "The kernel cannot be started: ${fault}`);
  });

  it('are none on an empty disk, and that is said', async () => {
    const iso = join(temporaryFolder(), 'empty.img');
    writeFileSync(iso, Buffer.alloc(1 << 20));
    const error = await failure(bootLoader({ loader, iso, route: 'standin' }));
    expect(error.message).toContain('the guest says "No HFS+ volume on any disk');
  });

  it('survive damage anywhere in their catalog: the loader still comes to its prompt', async () => {
    const iso = await makeSystemDisk({ map: 'apm', files: { [kernelPath]: kernel } });
    const image = readFileSync(iso);
    const catalog = image.indexOf(Buffer.from('SystemVersion.plist', 'utf16le').swap16()) & ~4095;
    for (let at = catalog; at < catalog + 4096; at += 7) image[at] = 0xff;
    writeFileSync(iso, image);
    const { screen } = await bootLoader({ loader, iso, route: untilPrompt });
    expect(menuOf(screen)).toHaveLength(1);
  });
});

describe('the stand-in loader from Mach-O objects by our linker', () => {
  it('does the same', async () => {
    const linked = await linkLoader();
    const { console } = await start({}, { loader: linked, values: { volume: 'Sample', version: '10.10.5' } });
    expect(console).toContain('all 7 seen');
  });
});

/** A universal file (mach-o/fat.h) with something for i386 before the part for x86-64. */
function universal(part: Uint8Array): Uint8Array {
  const file = Buffer.alloc(8192 + part.length);
  [0xcafebabe, 2, 7, 3, 4096, 100, 12, 0x01000007, 3, 8192, part.length, 12].forEach((word, index) =>
    file.writeUInt32BE(word, 4 * index),
  );
  file.set(part, 8192);
  return file;
}
