import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { makeApm } from '../../src/formats/apm/index.ts';
import { gptTypes, makeGpt } from '../../src/formats/gpt/index.ts';
import { newVolume, type VolumeEditor } from '../../src/formats/hfsplus/index.ts';
import { memorySource, windowOf } from '../../src/formats/source/index.ts';
import { bootPlist, bootPlistPath } from '../../src/guest/index.ts';
import { openTarget } from '../../src/image/index.ts';
import { link } from '../../src/link/index.ts';
import { parseRoute, routeBoot, routeValues } from '../../src/route/index.ts';
import { boot, type BootResult, type SmokeMachine } from '../../src/vm/index.ts';
import { machineArguments, temporaryFolder } from '../vm/guests.ts';

const recipes = join(import.meta.dirname, '../../recipes');
export const kernelSource = join(recipes, 'standin-kernel');
const loaderSource = join(recipes, 'standin-loader');

/** Builds the stand-in kernel with the host's compiler; gives its path. */
export function buildKernel(darwin = '14.5.0', folder = temporaryFolder()): string {
  execFileSync('make', ['-s', '-C', kernelSource, `OUT=${folder}`, `DARWIN=${darwin}`]);
  return join(folder, 'kernel');
}

export const listings = ['plain', 'release', 'version', 'installer', 'installer-release'] as const;
export type Listing = (typeof listings)[number];

/** Builds the stand-in loader with the host's compiler; gives its path. */
export function buildLoader({
  listing = 'release',
  words = 'own',
}: { readonly listing?: Listing; readonly words?: 'own' | 'chameleon' } = {}): string {
  const folder = temporaryFolder();
  const forms = [`LISTING=${listing}`, `WORDS=${words}`];
  execFileSync('make', ['-s', '-C', loaderSource, `OUT=${folder}`, ...forms]);
  return join(folder, 'boot');
}

/** The same sources through clang, as Mach-O objects, and through our own linker. */
export async function linkLoader(): Promise<string> {
  const folder = temporaryFolder();
  const probe = join(recipes, 'probe');
  const own = readdirSync(loaderSource).filter((name) => /\.[cS]$/.test(name) && name !== 'start.S');
  const sources = [
    // The multiboot header comes first.
    join(loaderSource, 'start.S'),
    ...own.map((name) => join(loaderSource, name)),
    join(kernelSource, 'crc32.c'),
    ...['volume.c', 'format.c', 'memory.c'].map((name) => join(probe, name)),
  ];
  const flags = [
    ...['--target=i386-apple-macosx10.6', '-std=gnu11', '-Os', '-static', '-ffreestanding', '-fno-builtin'],
    ...['-fno-stack-protector', '-mno-sse', '-mno-mmx', '-mno-implicit-float', '-Wall', '-Wextra', '-Werror'],
    ...['-DLISTING_release', '-DWORDS_own'],
    ...[loaderSource, probe, kernelSource].map((path) => `-I${path}`),
  ];
  const inputs = sources.map((source) => {
    const object = join(folder, `${basename(source)}.o`);
    execFileSync('clang', [...flags, '-c', '-o', object, source], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return { name: basename(object), source: memorySource(readFileSync(object)) };
  });
  const { image } = await link(inputs, {
    base: 0x120200,
    order: ['__INIT,*', '__TEXT,*', '__DATA,__data', '__DATA,*', '__DATA,__common', '__DATA,__bss'],
    drop: ['__DWARF,*', '__LD,*'],
  });
  const path = join(folder, 'boot');
  writeFileSync(path, image);
  return path;
}

export interface SystemDisk {
  readonly name?: string;
  /** Of SystemVersion.plist; null for a volume without a system. */
  readonly version?: string | null;
  readonly map?: 'gpt' | 'apm' | 'none';
  readonly caseSensitive?: boolean;
  /** Of the volume, in bytes, where it is to be larger than it needs. */
  readonly size?: number;
  /** Path → contents, beside SystemVersion.plist. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
}

/** Writes the image of a disk with one HFS+ volume; gives its path. */
export async function makeSystemDisk(disk: SystemDisk): Promise<string> {
  const { name = 'Sample', version = '10.10.5', map = 'gpt', caseSensitive = false, files = {} } = disk;
  const edit = newVolume({ name, date: new Date('2015-08-13T12:00:00Z'), caseSensitive });
  if (version !== null) {
    const plist = `<plist version="1.0"><dict><key>ProductVersion</key><string>${version}</string></dict></plist>`;
    put(edit, 'System/Library/CoreServices/SystemVersion.plist', plist);
  }
  for (const [path, content] of Object.entries(files)) put(edit, path, content);
  const size = Math.max(edit.sizeNeeded(), disk.size ?? 0);
  const id = '6f7a5c0e-0000-4000-8000-000000000001';
  const layout = {
    gpt: () => makeGpt({ disk: id, partitions: [{ type: gptTypes.hfs, id, name: name.slice(0, 36), size }] }),
    apm: () => makeApm({ driver: true, partitions: [{ type: 'Apple_HFS', name, size }] }),
    none: () => ({ size, partitions: [{ offset: 0, size }], patches: [] }),
  }[map]();
  const path = join(temporaryFolder(), 'disk.img');
  const target = await openTarget(path, 'new');
  await target.resize(layout.size);
  for (const { offset, bytes } of layout.patches) await target.write(offset, bytes);
  await edit.commit(windowOf(target, layout.partitions[0]?.offset ?? 0, size), { size });
  await target.close();
  return path;
}

/**
 * A disk with a timeout that ends where its volume does, and its volume with the settings, behind the kernel.
 * @param whole ends with a GPT's second copy, as other tools make it, in the 33 sectors behind the volume
 */
export async function cutOffDisk(
  kernel: Uint8Array,
  { whole = false, kernelFlags = [] }: { whole?: boolean; kernelFlags?: readonly string[] } = {},
): Promise<string> {
  const settings = { [bootPlistPath]: bootPlist({ timeout: 1, gui: false, kernelFlags }) };
  // Small volumes have room to spare behind their files.
  const [large, between] = [Buffer.alloc(700_000, 1), Buffer.alloc(40_000, 1)];
  const path = await makeSystemDisk({
    files: { large, 'System/Library/Kernels/kernel': kernel, between, ...settings },
  });
  const bytes = readFileSync(path);
  const end = bytes.length - (128 + 33) * 512;
  const free = whole ? 33 * 512 : 0;
  expect(bytes.indexOf('<key>Timeout</key>')).toBeGreaterThan(end + free - 64 * 512);
  writeFileSync(path, Buffer.concat([bytes.subarray(0, end), Buffer.alloc(free)]));
  if (whole) execFileSync('sgdisk', ['-e', path], { stdio: 'pipe' });
  return path;
}

function put(edit: VolumeEditor, path: string, content: Uint8Array | string): void {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = edit.root;
  for (const part of parts) {
    const known = [...(folder.children?.values() ?? [])].find((child) => child.name === part);
    folder = known ?? edit.makeFolder(folder, part);
  }
  edit.putFile(folder, name, { data: memorySource(Buffer.from(content)) });
}

export interface LoaderBoot {
  readonly loader: string;
  readonly iso: string;
  /** A route's YAML, or the name of one of recipes/routes/. */
  readonly route: string;
  readonly values?: Partial<Parameters<typeof routeValues>[0]>;
  readonly machine?: Partial<SmokeMachine>;
  readonly seconds?: number;
  readonly folder?: string;
}

/** Boots along a route on the host's QEMU. */
export async function bootLoader(request: LoaderBoot): Promise<BootResult> {
  const { loader, iso, route, values = {}, machine = {}, folder = temporaryFolder() } = request;
  mkdirSync(folder, { recursive: true });
  const text = route.includes('\n') ? route : readFileSync(join(recipes, 'routes', `${route}.yaml`), 'utf8');
  const parsed = parseRoute(
    text,
    'route.yaml',
    routeValues({ volume: '', version: '', flags: '-v', ...values }),
  );
  return boot({
    ...routeBoot(parsed),
    spawn,
    command: 'qemu-system-x86_64',
    args: machineArguments(folder, loader, iso, machine),
    folder,
    milliseconds: (request.seconds ?? 60) * 1000,
    screenshot: 'screen.png',
  });
}

/** A route of some steps into the stand-in kernel's end. */
export function routeOf(...steps: readonly string[]): string {
  return [
    'route: test',
    'summary: a test',
    "gives-up: [{ console: '/^missing: /' }]",
    'steps:',
    ...steps.map((step) => `  - ${step}`),
    '',
  ].join('\n');
}

export const kernelEnd = 'end: { press: ret, exit: 65 }\n';
