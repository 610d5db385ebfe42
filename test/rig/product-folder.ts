import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Bytes that do not compress, the same for the same seed. */
export function noise(size: number, seed: string): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Writes bytes into a file at an offset. */
export function patchFile(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

/**
 * Makes a folder such as a run publishes: a raw disk of 96 MiB with holes, the same disk as a qcow2 image, a loader, and
 * a folder with a program and a link to it.
 */
export function productFolder(folder: string, megabytes = 24): string {
  mkdirSync(join(folder, 'qemu/bin'), { recursive: true });
  const raw = join(folder, 'disk.img');
  writeFileSync(raw, noise(megabytes << 20, 'first'));
  truncateSync(raw, 96 << 20);
  patchFile(raw, (70 << 20) + 12_345, readFileSync(process.execPath).subarray(0, 3 << 20));
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, join(folder, 'mac.qcow2')]);
  writeFileSync(join(folder, 'boot'), 'a loader\n');
  writeFileSync(join(folder, 'qemu/bin/qemu'), '#!/bin/sh\necho 7.2\n', { mode: 0o755 });
  symlinkSync('qemu', join(folder, 'qemu/bin/emulator'));
  return folder;
}
