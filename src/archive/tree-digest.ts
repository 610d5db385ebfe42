import { createHash } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, sha256, type Json, type Sha256 } from '../base/index.ts';
import { checkLinks, walk, type EntryKind, type Keep } from './links.ts';

/**
 * Digest of a folder's content: paths, types, executable bits, link targets and bytes; no owners, no times. It is the
 * SHA-256 of canonical JSON lines, one an entry, in the order of `walk`: ["d",path] ["f",path,executable,sha256] ["l",path,target].
 * Synchronous: of a project's own folders it is asked on every run.
 * @throws Failure 'hostile-tree' when a link leaves the folder
 */
export function treeDigest(folder: string, keep?: Keep): Sha256 {
  checkLinks(folder, keep);
  const hash = createHash('sha256');
  const add = (path: string, kind: EntryKind): void => {
    const whole = join(folder, path);
    let line: Json;
    if (kind === 'folder') line = ['d', path];
    else if (kind === 'link') line = ['l', path, readlinkSync(whole)];
    else line = ['f', path, isExecutable(whole), fileDigest(whole)];
    hash.update(`${canonicalJson(line)}\n`);
  };
  walk(folder, '', add, keep);
  return hash.digest('hex') as Sha256;
}

/** The digest that a folder holding this one file would have. */
export function fileTreeDigest(path: string, name: string): Sha256 {
  return sha256(`${canonicalJson(['f', name, isExecutable(path), fileDigest(path)])}\n`);
}

export function isExecutable(path: string): boolean {
  return (lstatSync(path).mode & 0o111) !== 0;
}

function fileDigest(path: string): Sha256 {
  const fd = openSync(path, 'r');
  try {
    if (fstatSync(fd).size <= 1 << 22) return sha256(readFileSync(fd));
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let read = 1; read > 0;) {
      read = readSync(fd, buffer);
      hash.update(buffer.subarray(0, read));
    }
    return hash.digest('hex') as Sha256;
  } finally {
    closeSync(fd);
  }
}
