import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bootPlist, bootPlistPath as plistPath } from '../../src/guest/boot-plist.ts';
import type { BootFailure } from '../../src/vm/index.ts';
import { temporaryFolder } from '../vm/guests.ts';
import { readPng } from './png.ts';
import {
  bootLoader,
  buildKernel,
  buildLoader,
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

/** The lines of the screen, as those of the menu. */
function menuOf(screen: readonly string[]): string[] {
  return screen.map((line) => line.trim()).filter((line) => line.startsWith('hd('));
}

const untilPrompt = routeOf("{ see: { screen: '/^boot:/' } }");

describe('a loader driven into the kernel', () => {
  it.each(['q35', 'pc'] as const)('passes every milestone on %s', async (machine) => {
    const result = await start(
      {},
      { machine: { machine }, values: { volume: 'Sample', version: '10.10', flags: 'idlehalt=0 -v' } },
    );
    expect(result.reached.map(({ milestone }) => milestone).filter((name) => !name.includes(' '))).toEqual([
      ...['loader', 'prompt', 'volume', 'flags', 'kernel', 'command-line', 'handover'],
    ]);
    const seen = (name: string) => result.reached.find(({ milestone }) => milestone === name)?.seen.trim();
    expect(seen('volume')).toBe('hd(0,1) (10.10.5) Sample');
    expect(seen('kernel')).toMatch(/^Darwin Kernel Version 14\.5\.0: /);
    expect(seen('command-line')).toBe('[ ok ] command-line "idlehalt=0 -v"');
    expect(result.serial).toEqual(result.console);
    expect(result.screen.slice(0, result.console.length)).toEqual(
      result.console.map((line) => line.trimEnd()),
    );
  });

  it.each([
    ['an Apple map', 'apm', 'hd(0,3) (10.10.5) Sample'],
    ['no map', 'none', 'hd(0,0) (10.10.5) Sample'],
  ] as const)('finds the volume of a disk with %s', async (_what, map, item) => {
    const { reached } = await start({ map });
    expect(reached.find(({ milestone }) => milestone === 'volume')?.seen.trim()).toBe(item);
  });

  it('lists the volumes of all disks, and picks the one that is wanted by the arrow keys', async () => {
    const raw = await makeSystemDisk({
      name: 'Installed',
      version: '10.9.5',
      files: { mach_kernel: kernel },
    });
    const disk = join(temporaryFolder(), 'disk.qcow2');
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', raw, disk]);
    const folder = temporaryFolder();
    const files = { [plistPath]: bootPlist({ kernelFlags: ['npci=0x2000'] }) };
    const result = await start(
      { name: 'Medium', files },
      { folder, machine: { disk }, values: { volume: 'Installed', version: '10.9.5' } },
    );
    expect(result.console).toContain('[ ok ] command-line "npci=0x2000 -v"');
    expect(result.reached.find(({ milestone }) => milestone === 'volume')?.seen).toContain('hd(1,1)');
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

  it('starts by itself when the timeout is over', async () => {
    const files = { [plistPath]: bootPlist({ timeout: 1 }) };
    const route = routeOf(
      "{ see: { screen: 'Press any key for the startup options' } }",
      '{ see: { console: waiting for a key } }',
    );
    const { console } = await start({ files }, { route: route + kernelEnd });
    expect(console).toContain('[ ok ] command-line ""');
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

describe('what a loader hands over', () => {
  it('is version 1 of the boot arguments for OS X 10.6', async () => {
    const files = { mach_kernel: oldKernel, [kernelPath]: oldKernel };
    const { console } = await start({ version: '10.6.8', files });
    expect(console).toContain('[ ok ] boot-args    version 1 revision 6, EFI mode 64');
    expect(console).toContain('all 7 seen');
  });

  it('is refused by a kernel that needs the other version, and the boot fails by its name', async () => {
    const error = await failure(start({ version: '10.6.8' }));
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
    const files = { 'system/LIBRARY/kernels/Kernel': kernel, [kernelPath]: kernel };
    const other = { version: null, files: { 'system/LIBRARY/kernels/Kernel': kernel } };
    const disk = await makeSystemDisk(other);
    const { reached } = await bootLoader({
      loader,
      iso: disk,
      route: 'standin',
      values: { volume: 'Sample' },
    });
    expect(reached.find(({ milestone }) => milestone === 'volume')?.seen.trim()).toBe('hd(0,1) Sample');

    const sensitive = await makeSystemDisk({ ...other, caseSensitive: true });
    const error = await failure(bootLoader({ loader, iso: sensitive, route: 'standin' }));
    expect(error.message).toContain('the guest says "Can\'t find a kernel');
    expect((await start({ caseSensitive: true, files })).console).toContain('all 7 seen');
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
    const iso = await makeSystemDisk({ files: { [kernelPath]: kernel } });
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
