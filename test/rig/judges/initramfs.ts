import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeCpio, type NewEntry } from '../../../src/formats/cpio/index.ts';
import { cached } from './cache.ts';

/** What the kernel starts with: BusyBox, the modules for virtio disks and HFS+, and a script. */
export async function makeInitramfs(script: string, disks: number): Promise<Buffer> {
  const folder = (path: string): NewEntry => ({ path, kind: 'folder', mode: 0o755 });
  const file = (path: string, content: Uint8Array): NewEntry => ({
    path,
    kind: 'file',
    mode: 0o755,
    content,
  });
  const modules = ['virtio_pci', 'virtio_blk', 'hfsplus', 'nls_utf8'].reduce(withDependencies, []);
  const parts: Uint8Array[] = [];
  const entries = [
    ...['bin', 'dev', 'proc', 'sys', 'mnt', 'out', 'modules'].map(folder),
    file('bin/busybox', readFileSync(cached('busybox/bin/busybox'))),
    ...modules.map(({ name, bytes }, index) =>
      file(`modules/${String(index).padStart(2, '0')}-${name}.ko`, bytes),
    ),
    file('init', Buffer.from(init(script, disks))),
  ];
  for await (const part of writeCpio(entries, 'newc')) parts.push(part);
  return Buffer.concat(parts);
}

interface KernelModule {
  readonly name: string;
  readonly bytes: Buffer;
}

function withDependencies(loaded: readonly KernelModule[], name: string): KernelModule[] {
  if (loaded.some((each) => each.name === name)) return [...loaded];
  const bytes = readModule(name);
  // "depends=a,b" stands in the section .modinfo as modinfo(8) shows it; depmod's lists are not in the package.
  const depends = /\0depends=([\w,]*)\0/.exec(bytes.toString('latin1'))?.[1] ?? '';
  const before = depends
    .split(',')
    .filter((each) => each !== '')
    .reduce(withDependencies, [...loaded]);
  return [...before, { name, bytes }];
}

let files: Map<string, string> | undefined;

function readModule(name: string): Buffer {
  files ??= new Map(
    readdirSync(cached('linux'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.ko(\.xz)?$/.test(path))
      .map((path) => [
        basename(path)
          .replace(/\.ko.*/, '')
          .replaceAll('-', '_'),
        path,
      ]),
  );
  const path = files.get(name);
  if (path === undefined) throw new Error(`the kernel's package has no module ${name}`);
  const whole = join(cached('linux'), path);
  return path.endsWith('.xz')
    ? execFileSync('xz', ['-dc', whole], { maxBuffer: 2 ** 26 })
    : readFileSync(whole);
}

/** The last disk takes what is in /out, as a tar archive. */
const init = (script: string, disks: number): string => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /out
for module in /modules/*; do insmod $module || echo "judged: $module does not load"; done
letter() { echo abcdefghijklmnopqrstuvwxyz | cut -c $(($1 + 1)); }

mount_disk() {
  disk=/dev/vd$(letter $1)
  for device in $disk?* $disk; do
    [ -b $device ] && mount -t hfsplus -o $2 $device /mnt 2>>/out/mount-errors && return 0
  done
  return 1
}

list_disk() {
  to=/out/$1
  mkdir $to
  # As they are stored: without composing names.
  mount_disk $1 ro,nodecompose || { echo "no HFS+ volume mounts" >$to/errors; return; }
  cd /mnt
  {
    find . -xdev -print0 >$to/all
    find . -xdev -type f -print0 >$to/files
    find . -xdev -type l -print0 >$to/symlinks
    find . -xdev -exec stat -c '%f %u %g %Y %s %h %i %n' {} + >$to/stats
    find . -xdev -type f -exec sha256sum {} + >$to/sums
    find . -xdev -type l -exec sh -c 'for path; do readlink -n "$path"; printf "\\0"; done' sh {} + >$to/links
  } 2>$to/errors
  cd /
  umount /mnt
}

${script}

dmesg >/out/dmesg
tar -cf /dev/vd$(letter ${disks}) -C /out .
sync
echo "judged: done"
poweroff -f
`;
