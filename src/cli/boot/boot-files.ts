import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Failure, systemReason } from '../../base/index.ts';
import { findTool, toolVersion } from '../../host/index.ts';
import { judgeDisk, type DiskImage } from '../../vm/index.ts';

/** The files a guest is made of, absolute. */
export interface BootFiles {
  readonly qemu: string;
  /** '7.2.22' */
  readonly qemuVersion: string;
  readonly disk: DiskImage;
  readonly loader: string;
  readonly iso?: string;
  /** Of the disc; raw where nothing is said. */
  readonly isoFormat?: 'qcow2';
  readonly firmware?: string;
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
  const loader = ordinary(
    flags.loader ?? parts.loader ?? missing('no loader', "--loader FILE, the `boot` of Chameleon's stage 2"),
  );
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
    loader,
    ...(iso !== undefined && { iso: ordinary(iso) }),
    ...(flags.firmware !== undefined && { firmware: ordinary(flags.firmware) }),
  };
}

interface ProductParts extends BootFileFlags {
  readonly disk?: string;
}

/** What a run has published, told by name: qemu/, *.qcow2, *.iso and the loader. */
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
  };
  return Object.fromEntries(Object.entries(parts).filter(([, path]) => path !== undefined));
}

/** A program, or the folder it was installed to. */
export function qemuProgram(given: string | undefined): string {
  const name = 'qemu-system-x86_64';
  if (given === undefined) {
    const found = findTool(name);
    if (found !== undefined) return found;
    throw new Failure('no-qemu', `there is no ${name}`, {
      hint: '`cidermill run quickstart` builds one; or apt-get install qemu-system-x86.',
    });
  }
  if (!given.includes('/')) return findTool(given) ?? ordinary(given);
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
