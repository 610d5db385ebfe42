import type { ChildProcess } from 'node:child_process';
import { Failure } from '../../base/index.ts';
import { startProgram } from '../../host/programs/start-program.ts';

/** A held lock; releasing twice does nothing. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes kernel locks (flock) on files, in the order given, waiting for each; the files are made and never removed.
 * A helper process holds them and ends when this process does, however that happens, so no lock outlives its owner.
 * @param wait false: give undefined at once when one is taken by another
 */
export async function acquire(
  files: readonly { readonly path: string; readonly shared?: boolean }[],
  wait: boolean,
): Promise<Lock | undefined> {
  const command = files.flatMap(({ path, shared }) => [
    'flock',
    '--no-fork',
    ...(shared === true ? ['--shared'] : []),
    ...(wait ? [] : ['--nonblock', '--conflict-exit-code', '75']),
    path,
  ]);
  const holder = startProgram(
    command[0] ?? 'flock',
    [...command.slice(1), 'sh', '-c', 'echo held; exec cat'],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C on the terminal must not free the lock before the work under it has ended.
      detached: true,
    },
  );
  let said = '';
  holder.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve, reject) => {
    holder.once('error', (cause) =>
      reject(
        new Failure('no-flock', 'the program flock cannot be started', {
          hint: 'Install util-linux.',
          cause,
        }),
      ),
    );
    holder.stdout?.once('data', () => {
      resolve({ release: () => release(holder) });
    });
    holder.once('close', (code) => {
      if (code === 75 && !wait) resolve(undefined);
      else reject(lockFailure(files, said, code));
    });
  });
}

/** Runs `work` under an exclusive lock. `waiting` is called once if another process has it. */
export async function withLock<T>(path: string, work: () => Promise<T>, waiting?: () => void): Promise<T> {
  let lock = await acquire([{ path }], false);
  if (lock === undefined) {
    waiting?.();
    lock = await acquire([{ path }], true);
  }
  try {
    return await work();
  } finally {
    await lock?.release();
  }
}

function lockFailure(
  files: readonly { readonly path: string }[],
  said: string,
  code: number | null,
): Failure {
  const [, path, reason] = /^flock: cannot open lock file (.*): ([^:\n]+)$/m.exec(said) ?? [];
  const which = path ?? files.map((file) => file.path).join(', ');
  const why = reason ?? (said.trim().replace(/^flock: /, '') || `flock ended with exit code ${code}`);
  return new Failure('lock-failed', `the lock ${which} cannot be taken: ${why}`);
}

function release(holder: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (holder.exitCode !== null || holder.signalCode !== null) {
      resolve();
      return;
    }
    holder.once('exit', () => resolve());
    holder.stdin?.end();
  });
}
