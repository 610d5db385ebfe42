import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { findEntry, openVolume } from '../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { findHfsPlus } from '../../src/image/index.ts';
import { parseRoute, routeBoot, routeValues } from '../../src/route/index.ts';
import {
  boot,
  BootFailure,
  smcConfiguration,
  uefiArguments,
  type BootResult,
  type UefiMachine,
} from '../../src/vm/index.ts';
import { debianFirmware, debianHfsDriver } from '../rig/judges/index.ts';
import { temporaryFolder, testOsk } from '../vm/guests.ts';
import { root, runScript } from '../vm/run-script.ts';
import { makeSystemDisk } from './standins.ts';

const recipes = join(root, 'recipes');

/** Builds an EFI program with the host's clang and lld; gives its path. */
export function buildEfi(name: 'blessed-loader' | 'probe-efi', folder = temporaryFolder()): string {
  mkdirSync(folder, { recursive: true });
  execFileSync('make', ['-s', '-C', join(recipes, name), `OUT=${folder}`, `OSK=${testOsk}`]);
  return join(folder, name === 'probe-efi' ? 'probe.efi' : 'blessed-loader.efi');
}

export interface EspRequest {
  readonly loader: string;
  readonly driver?: string;
  /** A folder in the place of the empty one for OpenCore. */
  readonly opencore?: string;
}

/** Runs the script of the recipe esp. */
export function espScript({
  loader,
  driver = debianHfsDriver(),
  opencore = join(recipes, 'esp/opencore'),
}: EspRequest): ReturnType<typeof runScript> {
  return runScript('esp', {
    parameters: { size: 34 * 2 ** 20, label: 'EFI' },
    sources: { own: join(recipes, 'esp/files'), opencore },
    inputs: { loader, driver },
    outputs: { disk: 'esp.img', driver: 'hfsplus.efi' },
  });
}

/** @returns the path of the disk */
export async function makeEsp(request: EspRequest): Promise<string> {
  const { code, log, outputs } = await espScript(request);
  expect(code, log).toBe(0);
  return join(outputs, 'esp.img');
}

/** Where makeGpt puts the first partition. */
const espOffset = 40 * 512;

/** A copy of the ESP without one of its files. */
export function espWithout(esp: string, path: string): string {
  const copy = join(temporaryFolder(), 'esp.img');
  copyFileSync(esp, copy);
  execFileSync('mdel', ['-i', `${copy}@@${espOffset}`, `::${path}`]);
  return copy;
}

/** Of a volume on a disk: its number of a file or folder. */
type Numbers = (path: string) => number;

export interface Disc {
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /**
   * The finder info's eight fields (TN1150, "Volume Header"), those that are not 0: written here, into both headers, byte
   * by byte.
   */
  readonly blessing: (numbers: Numbers) => Readonly<Record<number, number>>;
  /** Damages the disk; told where its volume lies. */
  readonly damage?: (disk: Buffer, volume: { readonly offset: number; readonly size: number }) => void;
}

/** A disk with a stand-in's kernel and what is given on its volume; gives its path. */
export async function makeDisc(kernel: Uint8Array, { files, blessing, damage }: Disc): Promise<string> {
  const path = await makeSystemDisk({ files: { 'System/Library/Kernels/kernel': kernel, ...files } });
  const disk = readFileSync(path);
  const { offset, volume } = await findHfsPlus(memorySource(disk));
  const opened = await openVolume(volume);
  const fields = blessing((name) => findEntry(opened, name)?.id ?? expect.fail(`no ${name}`));
  for (const header of [offset + 1024, offset + volume.size - 1024]) {
    expect(disk.toString('latin1', header, header + 2)).toBe('H+');
    disk.fill(0, header + 80, header + 80 + 32);
    for (const [field, value] of Object.entries(fields))
      disk.writeUInt32BE(value, header + 80 + 4 * Number(field));
  }
  damage?.(disk, { offset, size: volume.size });
  writeFileSync(path, disk);
  return path;
}

/** A disk of the same volume with an MBR, whose one partition ends where the disk does; gives its path. */
export async function withMbr(disk: string): Promise<string> {
  const { offset, volume } = await findHfsPlus(memorySource(readFileSync(disk)));
  const bytes = readFileSync(disk).subarray(offset, offset + volume.size);
  const head = Buffer.alloc(2 ** 20);
  const entry = 446;
  head.writeUInt8(0xaf, entry + 4);
  head.writeUInt32LE(head.length / 512, entry + 8);
  head.writeUInt32LE(bytes.length / 512, entry + 12);
  head.writeUInt16BE(0x55aa, 510);
  const path = join(temporaryFolder(), 'mbr.img');
  writeFileSync(path, Buffer.concat([head, bytes]));
  return path;
}

/** Boots along recipes/routes/ovmf.yaml on the host's QEMU with Debian's firmware. */
export function bootUefi(machine: Pick<UefiMachine, 'esp' | 'iso'>, seconds = 180): Promise<BootResult> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'smc.cfg'), smcConfiguration(testOsk));
  const route = parseRoute(
    readFileSync(join(recipes, 'routes/ovmf.yaml'), 'utf8'),
    'ovmf.yaml',
    routeValues({ volume: 'Sample', version: '', flags: '', darwin: '14.5.0' }),
  );
  return boot({
    ...routeBoot(route),
    drawsText: true,
    spawn,
    command: 'qemu-system-x86_64',
    args: uefiArguments({
      accelerator: 'tcg',
      cpu: 'core2duo',
      cpus: 1,
      memory: 256,
      ...debianFirmware(),
      smc: 'smc.cfg',
      ...machine,
    }),
    folder,
    milliseconds: seconds * 1000,
    screenshot: 'screen.png',
  });
}

/** Why such a boot fails. */
export async function failureOf(machine: Pick<UefiMachine, 'esp' | 'iso'>): Promise<BootFailure> {
  const failure = await bootUefi(machine).then(
    () => new Error('the boot succeeded'),
    (error: unknown) => error as Error,
  );
  if (!(failure instanceof BootFailure)) throw failure;
  return failure;
}

/** A fat EFI file: little-endian, with Apple's number at its head and parts at whole sectors. */
export function fatEfi(parts: readonly { readonly cpu: number; readonly image: Uint8Array }[]): Buffer {
  const head = Buffer.alloc(512);
  head.writeUInt32LE(0x0ef1fab9, 0);
  head.writeUInt32LE(parts.length, 4);
  const padded = parts.map(({ image }) =>
    Buffer.concat([image, Buffer.alloc((512 - (image.length % 512)) % 512)]),
  );
  let at = head.length;
  parts.forEach(({ cpu, image }, index) => {
    [cpu, 3, at, image.length, 9].forEach((value, field) =>
      head.writeUInt32LE(value, 8 + 20 * index + 4 * field),
    );
    at += padded[index]?.length ?? 0;
  });
  return Buffer.concat([head, ...padded]);
}

/** The same image, said to be for another machine (PE and COFF, "COFF File Header"). */
export function forMachine(image: Uint8Array, machine: number): Buffer {
  const copy = Buffer.from(image);
  copy.writeUInt16LE(machine, copy.readUInt32LE(0x3c) + 4);
  return copy;
}
