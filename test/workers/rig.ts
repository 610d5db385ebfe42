import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** A worker with a store of its own, as an ordinary process. */
export interface TestWorker {
  readonly process: ChildProcess;
  /** What it has said until now. */
  readonly said: () => string;
  /** Absolute. */
  readonly store: string;
}

/** Starts a worker; resolves when it takes jobs. */
export async function startWorker(
  url: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<TestWorker> {
  const folder = freshFolder();
  const store = join(folder, 'store');
  const child = spawn(process.execPath, [join(packageRoot, 'bin/cidermill.mjs'), 'worker', url, ...args], {
    cwd: folder,
    env: { ...process.env, CIDERMILL_STORE: store, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = gather(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (said().includes('takes jobs')) resolve();
    });
    child.once('exit', () => reject(new Error(`the worker ended; it said:\n${said()}`)));
  });
  return { process: child, said, store };
}

/** All that a process says, as it is until now. */
export function gather(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (part: Buffer) => {
      text += part.toString();
    });
  return () => text;
}

/** Waits for something to be so; fails after a while, by default half a minute, with what is known by then. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  known: () => string,
  seconds = 30,
): Promise<void> {
  for (let tries = seconds * 20; tries > 0; tries--) {
    if (await isSo()) return;
    await pause(50);
  }
  throw new Error(`it did not come to be; known is:\n${known()}`);
}
