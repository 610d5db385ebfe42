import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

/** A command to time: a whole process from outside. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Clears what a run leaves, outside of the time. */
  readonly before?: () => void;
}

export interface Timing {
  /** User and system seconds, children included. */
  readonly cpu: number;
  readonly wall: number;
}

/** Runs a command once. @throws Error with its output when it does not exit with 0 */
export function time(contender: Contender): Timing {
  contender.before?.();
  const script = 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null 2>/dev/null';
  const run = spawnSync('bash', ['-c', script, 'bash', ...contender.command], {
    cwd: contender.cwd,
    env: { ...process.env, ...contender.env },
    encoding: 'utf8',
  });
  const [user, system, wall] = run.stderr.trim().split(' ').map(Number);
  if (run.status !== 0 || user === undefined || system === undefined || wall === undefined) {
    throw new Error(`${contender.name} ended with ${run.status}: ${run.stderr}`);
  }
  return { cpu: user + system, wall };
}

/** The most memory that a command's own process had at once, in bytes, looked at every few milliseconds (Linux). */
export async function peakMemory({ command, cwd, env, before }: Contender): Promise<number> {
  before?.();
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore' });
  let most = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      most = Math.max(most, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has ended in the meantime.
    }
  }, 10);
  await once(child, 'close').finally(() => clearInterval(timer));
  return most;
}

/** Runs all contenders in turn, A B C A B C …, one round uncounted first, so that a drifting machine harms none alone. */
export function timeInTurn(contenders: readonly Contender[], rounds: number): Map<string, Timing[]> {
  const timings = new Map<string, Timing[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      const timing = time(contender);
      if (round > 0) timings.get(contender.name)?.push(timing);
    }
  }
  return timings;
}

/** Makes a file whose bytes all lie on the disk, so that nothing of it is left to be written meanwhile. @param size in bytes */
export function fill(path: string, size: number): void {
  rmSync(path, { force: true });
  const copy = ['if=/dev/zero', `of=${path}`, 'bs=1M', `count=${Math.ceil(size / 2 ** 20)}`, 'conv=fsync'];
  const { status } = spawnSync('dd', copy);
  if (status !== 0) throw new Error(`dd ended with ${status}`);
}

/**
 * Leaves as much memory free as a command is going to write, that was in use a moment ago. A virtual machine asks its host
 * for other memory page by page, which can take longer than the command: whoever comes first in a round would pay for all.
 * @param size in bytes
 */
export function warmMemory(folder: string, size: number): void {
  const path = join(folder, 'warm');
  fill(path, size);
  rmSync(path);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN, sorted[middle] ?? NaN];
  return (low + high) / 2;
}

/** The median of the ratios pair by pair: what a comparison on a noisy machine can stand on. */
export function ratio(a: readonly Timing[], b: readonly Timing[], of: keyof Timing): number {
  return median(a.map((timing, i) => timing[of] / (b[i]?.[of] ?? NaN)));
}

/** What a figure was measured on, for the line above a table. */
export function machine(): string {
  return `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, Linux ${release()}, Node ${process.versions.node}`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
