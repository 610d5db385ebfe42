import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { notStarted } from '../../host/programs/start-program.ts';
import { LineLog } from './line-log.ts';

/** How a program is started: node's own spawn, or one that puts it into a sandbox. */
export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

const graceMilliseconds = 2000;

/** A QEMU that runs, with its standard output (the guest's debug console) and standard error as lines. */
export class QemuProcess {
  readonly console = new LineLog();
  readonly errors = new LineLog();
  /** Resolves when QEMU has ended and all it wrote is here. Rejects with Failure 'qemu-not-started'. */
  readonly end: Promise<void>;
  readonly #child: ChildProcess;
  #ended = false;

  constructor(spawn: Spawn, command: string, args: readonly string[], folder: string) {
    this.#child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.console.push(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.errors.push(chunk));
    this.end = new Promise((resolve, reject) => {
      this.#child.once('close', () => {
        this.#ended = true;
        resolve();
      });
      this.#child.once('error', (cause) => {
        this.#ended = true;
        reject(notStarted(command, undefined, cause, 'qemu-not-started'));
      });
    });
    // Who does not wait for the end learns of a failed start from `ended` and what did not come.
    this.end.catch(() => undefined);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The exit code once it has ended; a signal's name when one ended it; null before. */
  get outcome(): number | string | null {
    return this.#child.signalCode ?? this.#child.exitCode;
  }

  /** Ends QEMU, however unwilling, and waits until it is gone. Does nothing when it has ended. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMilliseconds);
    try {
      await this.end;
    } finally {
      clearTimeout(timer);
    }
  }
}
