import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
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
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      text += part.toString();
    });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (text.includes('takes jobs')) resolve();
    });
    child.once('exit', () => reject(new Error(`the worker ended; it said:\n${text}`)));
  });
  return { process: child, said: () => text, store };
}
