import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { cannotRead, Failure, systemReason } from '../../base/index.ts';
import type { Start } from '../../guest/index.ts';
import { findTool, toolVersion } from '../../host/index.ts';
import { judgeDisk, type DiskImage } from '../../vm/index.ts';

/** The files a guest is made of, absolute. */
export interface BootFiles {
  readonly qemu: string;
  /** '7.2.22' */
  readonly qemuVersion: string;
  readonly disk: DiskImage;
  readonly start: Start;
  readonly iso?: string;
  /** Of the disc; raw where nothing is said. */
  readonly isoFormat?: 'qcow2';
}

export interface BootFileFlags {
  readonly disk?: string;
  readonly diskFormat?: string;
  /** The folder of the files that the disk is on top of. */
  readonly backing?: string;
  readonly iso?: string;
  readonly loader?: string;
  readonly qemu?: string;
  readonly firmware?: string;
  readonly esp?: string;
}

/**
 * The files that the options name, and for what they leave out those of a product's folder.
 * @param install whether the installer is needed
 * @throws Failure 'usage' that says what is missing, and what judgeDisk throws
 */
export async function findBootFiles(
  product: string | undefined,
  flags: BootFileFlags,
  install: boolean,
): Promise<BootFiles> {
  const parts = product === undefined ? {} : productParts(resolve(product));
  const disk = ordinary(
    flags.disk ?? parts.disk ?? missing('no disk', '--disk FILE, or the folder of a product'),
  );
  const start = startOf(flags, parts);
  const iso = flags.iso ?? (install ? (parts.iso ?? missing('no installer', '--iso FILE')) : undefined);
  const qemu = qemuProgram(flags.qemu ?? parts.qemu);
  const version = /version (\d+(?:\.\d+)+)/.exec(toolVersion(qemu))?.[1];
  if (version === undefined) throw new Failure('no-qemu', `${qemu} does not report a version of QEMU`);
  return {
    qemu,
    qemuVersion: version,
    disk: await judgeDisk(disk, {
      ...(flags.diskFormat !== undefined && { format: flags.diskFormat }),
      ...(flags.backing !== undefined && { backing: flags.backing }),
    }),
    start,
    ...(iso !== undefined && { iso: ordinary(iso) }),
  };
}

/** By UEFI firmware with its variables and its system partition, or by SeaBIOS with a loader. */
function startOf({ firmware, ...flags }: BootFileFlags, parts: ProductParts): Start {
  if (firmware === 'ovmf') {
    if (flags.loader !== undefined)
      throw new Failure('usage', '--loader is for SeaBIOS: OVMF starts what is on the EFI system partition');
    const ofProduct = 'the folder of a product of `cidermill run uefi-image`';
    return {
      by: 'ovmf',
      code: ordinary(parts.code ?? missing('no UEFI firmware', ofProduct)),
      vars: ordinary(parts.vars ?? missing('no store for the variables of the firmware', ofProduct)),
      esp: ordinary(
        flags.esp ?? parts.esp ?? missing('no EFI system partition', `--esp FILE, or ${ofProduct}`),
      ),
    };
  }
  if (flags.esp !== undefined) throw new Failure('usage', '--esp needs --firmware ovmf');
  const loader = ordinary(
    flags.loader ?? parts.loader ?? missing('no loader', "--loader FILE, the `boot` of Chameleon's stage 2"),
  );
  const isFile = firmware !== undefined && firmware !== 'seabios';
  return { by: 'seabios', loader, ...(isFile && { firmware: seabios(firmware) }) };
}

/** @throws Failure 'usage' for a firmware volume (PI Specification, volume 3, 3.2.1), which no SeaBIOS is */
function seabios(file: string): string {
  const path = ordinary(file);
  const header = Buffer.alloc(44);
  try {
    const opened = openSync(path, 'r');
    readSync(opened, header, 0, header.length, 0);
    closeSync(opened);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
  if (header.toString('latin1', 40) !== '_FVH') return path;
  throw new Failure('usage', `${path} is UEFI firmware, and --firmware FILE is for a SeaBIOS`, {
    hint: 'Give --firmware ovmf, and the folder of a product of `cidermill run uefi-image`.',
  });
}

interface ProductParts extends BootFileFlags {
  readonly disk?: string;
  readonly code?: string;
  readonly vars?: string;
}

/** What a run has published, told by name: qemu/, *.qcow2, *.iso, the loader, and what a UEFI boot needs. */
function productParts(folder: string): ProductParts {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new Failure('usage', `${folder} is not a product: ${systemReason(error)}`, {
      hint: 'A product is a folder in artifacts/ that `cidermill run` has made.',
    });
  }
  const one = (what: string, pattern: RegExp): string | undefined => {
    const found = names.filter((name) => pattern.test(name));
    if (found.length > 1)
      throw new Failure('usage', `${folder} has more than one ${what}: ${found.join(', ')}`, {
        hint: 'Name one by its option.',
      });
    return found[0] === undefined ? undefined : join(folder, found[0]);
  };
  const parts = {
    disk: one('disk', /\.qcow2$/),
    iso: one('ISO', /\.iso$/),
    loader: one('loader', /^(boot|chameleon[\w.-]*|loader[\w.-]*)$/),
    qemu: one('QEMU', /^qemu$/),
    code: one('UEFI firmware', /^OVMF_CODE\.fd$/),
    vars: one('store of variables', /^OVMF_VARS\.fd$/),
    esp: one('EFI system partition', /^esp\.img$/),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, path]) => path !== undefined));
}

/** A program, by its path or as PATH has it, or the folder it was installed to. */
export function qemuProgram(given: string | undefined): string {
  const name = 'qemu-system-x86_64';
  if (given === undefined) {
    const found = findTool(name);
    if (found !== undefined) return found;
    throw new Failure('no-qemu', `there is no ${name}`, {
      hint: '`cidermill run quickstart` builds one; or apt-get install qemu-system-x86.',
    });
  }
  const found = given.includes('/') ? undefined : findTool(given);
  if (found !== undefined) return found;
  const isFolder = statSync(given, { throwIfNoEntry: false })?.isDirectory() === true;
  return ordinary(isFolder ? join(given, 'bin', name) : given);
}

function ordinary(path: string): string {
  const absolute = resolve(path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure('no-file', `there is no file ${absolute}`);
  if (stat.isDirectory()) throw new Failure('no-file', `${absolute} is a folder`);
  return absolute;
}

function missing(what: string, hint: string): never {
  throw new Failure('usage', `${what} is given`, { hint: `Give ${hint}.` });
}

/** A folder to share. vvfat takes all after the last colon for the folder's name. */
export function sharedFolder(path: string): string {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Failure('no-file', `${absolute} is not a folder`);
  if (absolute.includes(':'))
    throw new Failure('usage', `QEMU cannot share a folder with a colon in its name: ${basename(absolute)}`);
  return absolute;
}
