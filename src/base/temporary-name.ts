import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** Leaves room below the 255 bytes that file systems allow, also where each character takes four of them. */
const longestStem = 48;

/** A name that no other process and no other call gives: this process's number and 64 random bits. */
export function uniqueName(): string {
  return `${process.pid}-${randomBytes(8).toString('hex')}`;
}

/**
 * A hidden path beside `path`, on the same file system, so that a rename can put it in its place.
 * @param ending says what it is to whoever finds it after a crash, e.g. 'partial'
 */
export function temporaryBeside(path: string, ending: string): string {
  const stem = Array.from(basename(path)).slice(0, longestStem).join('');
  return join(dirname(path), `.${stem}.${uniqueName()}.${ending}`);
}
