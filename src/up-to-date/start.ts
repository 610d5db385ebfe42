import { fstatSync, writeSync } from 'node:fs';
import { keepAgain } from '../engine/runs/keep-again.ts';
import { formatDuration } from '../text/format.ts';
import { setWatching } from './index.ts';
import { holds, memoryFile, readMemory, type Memory } from './memory.ts';

/** Major 1, minor 3. */
const devNull = 0x103;

/**
 * Answers a `run` that has nothing to do from what the same command line did before (docs/architecture.md, "Up to date").
 *
 * @param folder where memories are kept; undefined where there can be none
 * @returns whether it is answered
 */
export function isUpToDate(folder: string | undefined): boolean {
  if (folder === undefined || !isRemembered()) return false;
  const began = performance.now();
  const memory = readMemory(memoryFile(folder));
  if (memory === undefined || !holds(memory)) return false;
  const took = performance.now() - began;
  if (memory.kept !== undefined && !keepAgain(memory.kept, took)) return false;
  print(memory, formatDuration(took));
  return true;
}

/**
 * Watches this process from now on, so that the same command line may be answered when it comes again.
 *
 * @param program the file of the built command line: another one may do otherwise
 */
export async function watchRun(folder: string | undefined, program: string): Promise<void> {
  if (folder === undefined || !isRemembered()) return;
  const { watch } = await import('./watch.ts');
  setWatching({ folder, file: memoryFile(folder), end: watch([program]) });
}

function isRemembered(): boolean {
  return process.argv.includes('run') && !isTerminal(1) && !isTerminal(2);
}

/** A character device, but for /dev/null: what a terminal shows depends on its width. */
function isTerminal(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isCharacterDevice() && status.rdev !== devNull;
  } catch {
    // It is closed.
    return true;
  }
}

function print({ printed, took }: Memory, now: string): void {
  const timed = printed.findLastIndex(([, text]) => text.includes(took));
  for (const [index, [descriptor, text]] of printed.entries()) {
    const at = index === timed ? text.lastIndexOf(took) : -1;
    write(descriptor, at < 0 ? text : text.slice(0, at) + now + text.slice(at + took.length));
  }
}

/** Waits for a reader that is slower; ends quietly where the reader has gone. */
function write(descriptor: 1 | 2, text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit();
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
