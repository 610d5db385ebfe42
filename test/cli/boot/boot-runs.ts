import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { gptDisk, writeImage } from '../../vm/disk-images.ts';
import { makeDisk, temporaryFolder } from '../../vm/guests.ts';

/** Of these tests alone: others run beside them. */
export const bootKey = 'boot-test-'.padEnd(64, 'b');

/** A folder as a run publishes it, with an empty disk and a disc. */
export function makeProduct(): string {
  const product = temporaryFolder();
  makeDisk(product);
  writeImage(join(product, 'disk.iso'), gptDisk());
  return product;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function bootEnvironment(state: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: state, XDG_STATE_HOME: state, NO_COLOR: '1', TEST_KEY: bootKey };
}

/** Starts `cidermill boot`, in a home of its own. */
export function startBoot(args: readonly string[], state = freshFolder()): ReturnType<typeof spawn> {
  const child = spawn(process.execPath, [join(packageRoot, 'bin/cidermill.mjs'), 'boot', ...args], {
    cwd: freshFolder(),
    env: bootEnvironment(state),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export async function runBoot(args: readonly string[], state?: string): Promise<Ended> {
  const child = startBoot(args, state);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => (said[name] += chunk.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

/** The usual arguments, with a loader that is given. */
export function withLoader(product: string, loader: string, ...more: string[]): string[] {
  const guest = ['--guest', 'yosemite', '--accel', 'tcg', '--display', 'none', '--memory', '512M'];
  return [product, ...guest, '--loader', loader, '--osk', 'env:TEST_KEY', '--i-have-the-right', ...more];
}
