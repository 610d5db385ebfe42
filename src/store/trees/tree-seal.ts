import { createHash } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { canonicalJson, sha256, type Sha256 } from '../../base/index.ts';
import { hashFile } from '../blobs/blobs.ts';

/** Files up to this size are read in one go, in bytes. */
const small = 1 << 20;
/** Milliseconds of work after which everything else of the process gets its turn. */
const slice = 30;

/**
 * The seal of an unpacked tree: a SHA-256 over all of its entries in order of path: kind, mode, bytes of a file, target
 * of a link. Owners and times are not in it.
 */
export async function sealOf(folder: string): Promise<Sha256> {
  const hash = createHash('sha256');
  let since = performance.now();
  const visit = async (below: string): Promise<void> => {
    const names = readdirSync(join(folder, below)).sort();
    for (const name of names) {
      const path = below === '' ? name : `${below}/${name}`;
      const whole = join(folder, path);
      const stat = lstatSync(whole);
      const mode = stat.mode & 0o7777;
      if (stat.isDirectory()) {
        hash.update(`${canonicalJson(['d', path, mode])}\n`);
        await visit(path);
      } else if (stat.isSymbolicLink()) hash.update(`${canonicalJson(['l', path, readlinkSync(whole)])}\n`);
      else if (stat.isFile()) hash.update(`${canonicalJson(['f', path, mode, await digestOf(whole)])}\n`);
      else hash.update(`${canonicalJson(['other', path, stat.mode])}\n`);
      if (performance.now() - since > slice) {
        await turn();
        since = performance.now();
      }
    }
  };
  await visit('');
  return hash.digest('hex') as Sha256;
}

/** A file that its owner may not read, as a root filesystem has some, is known by its mode alone. */
async function digestOf(path: string): Promise<string> {
  try {
    return readSmall(path) ?? (await hashFile(path)).digest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return 'unreadable';
    throw error;
  }
}

function readSmall(path: string): Sha256 | undefined {
  const file = openSync(path, 'r');
  try {
    return fstatSync(file).size > small ? undefined : sha256(readFileSync(file));
  } finally {
    closeSync(file);
  }
}
