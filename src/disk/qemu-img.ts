import { dirname, join } from 'node:path';
import { statSync } from 'node:fs';
import { Failure } from '../base/index.ts';
import { findTool } from '../host/index.ts';
import { run } from '../host/programs/program.ts';
import { inFolder, judgeDisk, type DiskImage, type DiskTrust } from '../vm/index.ts';

/** The two programs that disks are worked on with, of one QEMU. */
export interface DiskTools {
  readonly img: string;
  readonly system: string;
}

/** @param qemu qemu-system-x86_64 of that QEMU, or undefined for those on PATH @throws Failure 'no-qemu' */
export function findDiskTools(qemu?: string): DiskTools {
  const system = qemu ?? findTool('qemu-system-x86_64');
  const beside = system === undefined ? undefined : join(dirname(system), 'qemu-img');
  const img =
    beside !== undefined && statSync(beside, { throwIfNoEntry: false }) ? beside : findTool('qemu-img');
  if (system !== undefined && img !== undefined) return { img, system };
  throw new Failure('no-qemu', `there is no ${system === undefined ? 'qemu-system-x86_64' : 'qemu-img'}`, {
    hint: '`cidermill run quickstart` builds both: --qemu artifacts/quickstart/qemu; or apt-get install qemu-system-x86 qemu-utils.',
  });
}

/** Runs qemu-img. @returns its standard output @throws Failure 'qemu-img' with what it says */
export async function qemuImg(
  tools: DiskTools,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(tools.img, args, { signal });
  if (exitCode === 0) return stdout;
  throw new Failure(
    'qemu-img',
    stderr.trim().replace(/^qemu-img: /, '') || `qemu-img ended with exit code ${exitCode}`,
  );
}

/** An image as it was found, and what qemu-img says of it. */
export interface ImageInfo extends DiskImage {
  /** What a guest sees, in bytes. */
  readonly size: number;
  /** What the file takes, in bytes. */
  readonly taken: number;
}

/** @throws Failure 'disk-leads-elsewhere' when it leads to other files than `trust` allows, and what judgeDisk throws */
export async function imageInfo(tools: DiskTools, path: string, trust: DiskTrust = {}): Promise<ImageInfo> {
  const image = await judgeDisk(path, trust);
  const text = await qemuImg(tools, ['info', '-U', '-f', image.format, '--output=json', image.file]);
  const info = JSON.parse(text) as QemuInfo;
  // Of the formats that are not read here QEMU tells which files they are made of.
  if (image.format !== 'qcow2') judgeNames(image.file, namesIn(info), trust);
  return { ...image, size: info['virtual-size'], taken: info['actual-size'] };
}

/** What is read of qemu-img's answer (qapi/block-core.json, ImageInfo). */
interface QemuInfo {
  readonly 'virtual-size': number;
  readonly 'actual-size': number;
  readonly 'backing-filename'?: string;
  readonly 'format-specific'?: {
    readonly data?: {
      readonly 'data-file'?: string;
      readonly extents?: readonly { readonly filename: string }[];
    };
  };
}

function namesIn(info: QemuInfo): string[] {
  const { data } = info['format-specific'] ?? {};
  const names = [
    info['backing-filename'],
    data?.['data-file'],
    ...(data?.extents ?? []).map(({ filename }) => filename),
  ];
  return names.filter((name) => name !== undefined);
}

function judgeNames(file: string, names: readonly string[], { format, backing }: DiskTrust): void {
  for (const name of names.filter((each) => each !== file)) {
    if (format !== undefined && backing !== undefined) inFolder(file, name, backing);
    else
      throw new Failure('disk-leads-elsewhere', `${file} leads to another file: ${JSON.stringify(name)}`, {
        hint: `If you made it so, say where that file is: --disk-format FORMAT --backing FOLDER`,
      });
  }
}
