import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../base/index.ts';

/** With less than this nothing more can be written; bytes. */
const nothing = 64 << 10;
/** Between two looks, in milliseconds. */
const interval = 1000;
/** Looks in a row that find the disk full before work on it is stopped: a step may give back what it took. */
const patience = 3;

export interface DiskSpace {
  /** Bytes that this user can still write. */
  readonly free: number;
  readonly size: number;
}

/** Looks at the disk that holds a folder, or will: the nearest one upwards that exists. Undefined where nobody can tell. */
export function diskSpace(folder: string): DiskSpace | undefined {
  try {
    const { bavail, bfree, blocks, bsize } = statfsSync(nearestFolder(folder));
    const free = process.getuid?.() === 0 ? bfree : bavail;
    return { free: free * bsize, size: blocks * bsize };
  } catch {
    return undefined;
  }
}

/** The folder itself, or the nearest one upwards that exists. */
export function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

/** What a user can do when the disk of the store is full. */
export const storeHint =
  'Free some space (`cidermill store gc` removes what nothing needs), or put the store on another disk: CIDERMILL_STORE=FOLDER.';

/** Tells that a disk is full. @param more.needed what was to be written, where that is known; bytes */
export function noSpace(
  folder: string,
  more: { readonly needed?: number; readonly cause?: unknown; readonly hint?: string } = {},
): Failure {
  const { needed, cause, hint = 'Free some space, or write to another disk.' } = more;
  const space = diskSpace(folder);
  const free = space === undefined ? 'none' : `${inUnits(space.free)} of ${inUnits(space.size)}`;
  const wanted = needed === undefined ? '' : `${inUnits(needed)} needed, `;
  const message = `no space left on the disk of ${folder}: ${wanted}${free} free`;
  return new Failure('no-space', message, { hint, cause });
}

/** The disk's own errors, in words. */
const reasons: Readonly<Record<string, (folder: string, cause: Error) => Failure>> = {
  ENOSPC: (folder, cause) => noSpace(folder, { cause }),
  EDQUOT: (folder, cause) =>
    new Failure('no-space', `this user's quota on the disk of ${folder} is used up`, { cause }),
  EIO: (folder, cause) =>
    new Failure('disk-damaged', `the disk of ${folder} has an input/output error`, {
      hint: 'The kernel says more: `dmesg`. Copy what you need to another disk.',
      cause,
    }),
  EROFS: (folder, cause) => new Failure('read-only', `the disk of ${folder} is read-only`, { cause }),
};

/**
 * Turns an error of the disk's own (full, quota used up, damaged, read-only) into words; undefined for any other.
 * @param folder where the work was; what the error itself names comes first
 */
export function diskFailure(error: unknown, folder: string): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof Failure) {
    if (error.code === 'no-space') return error;
    // Who wrapped another error has said more than we can.
    const cause = diskFailure(error.cause, folder);
    return cause?.code === 'no-space' ? cause : undefined;
  }
  const { code = '', path } = error as NodeJS.ErrnoException;
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  return reason?.(path === undefined ? folder : nearestFolder(dirname(path)), error);
}

/** Does work in a folder. What ends it for want of space tells how much there is before anything is removed again. */
export async function measuringSpace<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(error, folder) ?? error;
  }
}

/**
 * Does a program's output say that a disk is full, and is it the one that holds the folder? A program that fails gives
 * back some of what it wrote, so that little is left rather than nothing.
 */
export function saysNoSpace(output: string, folder: string): boolean {
  if (!/No space left on device|ENOSPC|Disk quota exceeded/i.test(output)) return false;
  const space = diskSpace(folder);
  return space === undefined || space.free < Math.max(64 << 20, space.size / 20);
}

/** Stops work when the disk it writes to is full: not every program ends by itself then. */
export class SpaceWatch {
  /** Aborts with a Failure 'no-space' as its reason. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #full = 0;

  constructor(folder: string) {
    this.signal = this.#controller.signal;
    this.#timer = setInterval(() => {
      this.#full = (diskSpace(folder)?.free ?? nothing) < nothing ? this.#full + 1 : 0;
      if (this.#full >= patience) this.stop(noSpace(folder, { hint: storeHint }));
    }, interval);
    this.#timer.unref();
  }

  /** The failure that has stopped the work, if one has. */
  get failure(): Failure | undefined {
    return this.signal.aborted ? (this.signal.reason as Failure) : undefined;
  }

  /** Stops the work for a failure that was met. */
  stop(failure: Failure): void {
    if (!this.signal.aborted) this.#controller.abort(failure);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Bytes in powers of 1024, one digit behind the point. */
function inUnits(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`;
}
