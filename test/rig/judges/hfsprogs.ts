import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { inTemporaryFolder } from './temporary.ts';

export interface Verdict {
  readonly clean: boolean;
  /** All it said, for the message of a failed expectation. */
  readonly said: string;
}

export interface FsckVerdict extends Verdict {
  /** It crashed over what is damaged, and has no verdict. */
  readonly crashed: boolean;
}

/**
 * Apple's fsck_hfs as Debian ports it, without repairing.
 * @param file a volume; or a disk, with the range of its volume
 */
export function fsckHfsPlus(
  file: string,
  range?: { readonly offset: number; readonly size: number },
): FsckVerdict {
  if (range !== undefined) return inTemporaryFolder((folder) => fsckHfsPlus(copyRange(file, range, folder)));
  const { status, signal, stdout, stderr, error } = spawnSync(
    cached('hfsprogs/sbin/fsck.hfsplus'),
    ['-f', '-n', '-d', file],
    { encoding: 'utf8' },
  );
  if (error !== undefined) throw error;
  const said = `${stdout}${stderr}${signal ?? ''}`;
  const crashed = signal === 'SIGSEGV' || signal === 'SIGABRT' || signal === 'SIGFPE';
  if (!crashed && status !== 0 && status !== 8) throw new Error(`fsck.hfsplus ended with ${status}: ${said}`);
  return { clean: status === 0, crashed, said };
}

/** A new, empty volume in a file that exists and has the volume's size. @param options of mkfs.hfsplus: -s, -b 4096, -J … */
export function makeHfsPlus(file: string, name: string, options: readonly string[] = []): void {
  execFileSync(cached('hfsprogs/sbin/mkfs.hfsplus'), ['-v', name, ...options, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function copyRange(file: string, { offset, size }: { offset: number; size: number }, folder: string): string {
  const copy = join(folder, 'volume');
  execFileSync('dd', [
    ...[`if=${file}`, `of=${copy}`, 'bs=1M', `skip=${offset}`, `count=${size}`],
    ...['iflag=skip_bytes,count_bytes', 'conv=sparse', 'status=none'],
  ]);
  // Holes at the end are no bytes yet.
  execFileSync('truncate', ['-s', String(size), copy]);
  return copy;
}
