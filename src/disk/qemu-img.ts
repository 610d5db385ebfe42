import { dirname, join } from 'node:path';
import { statSync } from 'node:fs';
import { Failure } from '../base/index.ts';
import { findTool } from '../host/index.ts';
import { run } from '../host/program.ts';

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

/** What qemu-img says of an image. */
export interface ImageInfo {
  readonly format: string;
  /** What a guest sees, in bytes. */
  readonly size: number;
  /** What the file takes, in bytes. */
  readonly taken: number;
  readonly backing?: string;
}

export async function imageInfo(tools: DiskTools, path: string): Promise<ImageInfo> {
  const info = JSON.parse(await qemuImg(tools, ['info', '-U', '--output=json', path])) as Readonly<
    Record<string, unknown>
  >;
  const backing = info['full-backing-filename'] ?? info['backing-filename'];
  return {
    format: String(info['format']),
    size: Number(info['virtual-size']),
    taken: Number(info['actual-size']),
    ...(typeof backing === 'string' && { backing }),
  };
}
