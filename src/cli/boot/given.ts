import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure, InvalidError } from '../../base/index.ts';
import { firmwares, readMac, type Mac } from '../../guest/index.ts';
import type { Written } from '../../recipe/index.ts';
import { refuseKeys } from '../../vm/index.ts';
import { collectFaults } from '../../yaml/faults.ts';
import type { Located } from '../../yaml/located.ts';
import { readYamlFile } from '../../yaml/read.ts';
import type { BootFlags } from './boot-wiring.ts';

/** What `boot` is given: by a guest's own file, by the command line, and by itself for what neither says. */
export interface Given {
  readonly flags: BootFlags;
  /** The release, and where a file names it. */
  readonly guest: { readonly name: string; readonly written?: Written };
  /** A folder, or oci://HOST/REPOSITORY:TAG. */
  readonly product?: string;
  /** QEMU's own options. */
  readonly own: readonly string[];
  /** What file and command line say of the machine; paths are absolute. */
  readonly said: Partial<BootFlags>;
}

/**
 * Joins a guest's own file, where one is named instead of a product, and the command line, which goes before it.
 * @param named the product or the file
 * @param own what the command line has after "--"
 * @throws InvalidError with every fault of the file, Failure 'usage' where no guest is named
 */
export function givenOf(
  command: Command,
  named: string | undefined,
  flags: BootFlags,
  own: readonly string[],
): Given {
  const isSaid = (key: string): boolean => command.getOptionValueSource(key) === 'cli';
  const typed = Object.fromEntries(
    Object.entries(flags).filter(([key]) => isSaid(key)),
  ) as Partial<BootFlags>;
  if (named === undefined || !/\.ya?ml$/.test(named)) {
    if (flags.guest === undefined)
      throw new Failure('usage', 'no guest is named', {
        hint: 'Give --guest RELEASE, or a file that names it (docs/booting.md).',
      });
    return {
      ...{ flags, guest: { name: flags.guest }, own, said: typed },
      ...(named !== undefined && { product: named }),
    };
  }
  const { mac, text } = readMacFile(named, isSaid);
  const folder = dirname(resolve(named));
  const filed = flagsOf(mac, folder);
  // Of a disk and of a folder that the command line names the file says nothing.
  if (typed.disk !== undefined)
    for (const key of ['diskFormat', 'backing']) Reflect.deleteProperty(filed, key);
  if (typed.share !== undefined) Reflect.deleteProperty(filed, 'shareWritable');
  const said = { ...filed, ...typed };
  const fromFile = mac.options?.value ?? [];
  refuseKeys(fromFile);
  const guest =
    typed.guest === undefined
      ? { name: mac.guest.value, written: { place: mac.guest, text } }
      : { name: typed.guest };
  return {
    flags: { ...flags, ...said },
    guest,
    ...(mac.product !== undefined && { product: absolutePath(mac.product.value, folder) }),
    own: [...fromFile, ...own],
    said,
  };
}

/** @throws InvalidError with every fault; a file that it names and that is not there is one */
function readMacFile(path: string, isSaid: (key: string) => boolean): { mac: Mac; text: string } {
  const faults = collectFaults();
  const yaml = readYamlFile(path, path, faults.report);
  if (yaml === undefined) throw new Failure('no-file', `there is no file ${path}`);
  const mac = yaml.node && readMac(yaml.node, faults.report);
  const paths = (['disk', 'backing', 'iso', 'loader', 'firmware', 'esp', 'share', 'trust'] as const).filter(
    (key) => !isSaid(key) && !(key === 'firmware' && isFirmware(mac?.firmware?.value)),
  );
  for (const key of [...paths, 'product'] as const) {
    const said = mac?.[key];
    if (said === undefined || said.value.startsWith('oci://')) continue;
    const at = absolutePath(said.value, dirname(resolve(path)));
    if (!existsSync(at)) faults.report('no-file', said, `There is no file ${at}.`);
  }
  if (mac === undefined || faults.count() > 0)
    throw new InvalidError(faults.sorted(), new Map([[path, yaml.text]]));
  return { mac, text: yaml.text };
}

/** The same as options, with paths that are relative to the file made absolute. */
function flagsOf(mac: Mac, folder: string): Partial<BootFlags> {
  const paths = new Set(['disk', 'backing', 'iso', 'loader', 'firmware', 'esp', 'share', 'trust']);
  const valueOf = (key: string, { value }: Located<unknown>): unknown => {
    if (typeof value !== 'string') return value;
    // One without a slash is a program on PATH.
    if (key === 'firmware' && isFirmware(value)) return value;
    if (paths.has(key) || (key === 'qemu' && value.includes('/'))) return absolutePath(value, folder);
    return key === 'osk' && value.startsWith('file:')
      ? `file:${absolutePath(value.slice(5), folder)}`
      : value;
  };
  return Object.fromEntries(
    Object.entries<Located<unknown>>({ ...mac })
      .filter(([key]) => key !== 'options' && key !== 'product')
      .map(([key, located]) => [key, valueOf(key, located)]),
  );
}

/** Is that a kind of firmware, and not a file? */
export function isFirmware(value: string | undefined): boolean {
  return (firmwares as readonly (string | undefined)[]).includes(value);
}

/** Absolute: a path in a file, which may begin with the user's home folder. */
function absolutePath(path: string, folder: string): string {
  if (path.startsWith('oci://')) return path;
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(folder, path);
}

/** The other way: how a path is written in a file in a folder. */
export function pathInFile(path: string, folder: string): string {
  if (path.startsWith('oci://')) return path;
  const inside = relative(folder, resolve(path));
  return inside === '' ? '.' : inside.startsWith('..') ? resolve(path) : inside;
}
