import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cached } from './cache.ts';
import { makeInitramfs } from './initramfs.ts';
import { inTemporaryFolder } from './temporary.ts';

export interface KernelEntry {
  readonly kind: 'file' | 'folder' | 'symlink' | 'other';
  /** Permissions, without the kind. */
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly size: number;
  readonly links: number;
  readonly inode: number;
  /** Of a file. */
  readonly sha256?: string;
  /** Of a symbolic link. */
  readonly target?: string;
}

/** By path from the volume's root, "a/b"; names as they are stored, but "/" as ":" and NUL as U+2400. */
export type KernelListing = ReadonlyMap<string, KernelEntry>;

/** PCI slots that are left for disks. */
const mostDisks = 20;
const resultSize = 256 * 2 ** 20;

/**
 * Everything that Linux's own hfsplus driver reads from the first HFS+ volume of each disk: behind a GPT, an Apple
 * partition map, or no map. One boot of a few seconds for all disks. The driver hides the folder behind files' hard links, and
 * cannot read what has a character above U+FFFF in its name.
 * @throws Error when a disk has no volume that mounts, or anything in it cannot be read
 */
export async function kernelListings(disks: readonly string[]): Promise<KernelListing[]> {
  const files = await runLinux(
    disks.map((path) => ({ path })),
    disks.map((_, index) => `list_disk ${index}`).join('\n'),
  );
  return disks.map((disk, index) => readListing((name) => files.get(`${index}/${name}`) ?? '', disk));
}

/**
 * Runs a shell script of BusyBox in Linux, with the disks as /dev/vda and so on.
 * @param script puts what it has to say into files of /out; `mount_disk INDEX OPTIONS` mounts the first HFS+ volume of a
 *   disk on /mnt
 * @returns the text of each file of /out
 */
export function runLinux(
  disks: readonly { readonly path: string; readonly writable?: boolean }[],
  script: string,
): Promise<ReadonlyMap<string, string>> {
  if (disks.length > mostDisks) throw new RangeError(`${disks.length} disks at once`);
  return inTemporaryFolder((folder) => boot(disks, script, folder));
}

async function boot(
  disks: readonly { readonly path: string; readonly writable?: boolean }[],
  script: string,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const [initramfs, result, out] = ['initramfs', 'result', 'out'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(initramfs, await makeInitramfs(script, disks.length));
  writeFileSync(result, '');
  truncateSync(result, resultSize);
  const drives = [...disks, { path: result, writable: true }].flatMap(({ path, writable }, index) => [
    '-drive',
    `file=${path.replaceAll(',', ',,')},format=raw,if=none,id=d${index},readonly=${writable === true ? 'off' : 'on'}`,
    '-device',
    `virtio-blk-pci,drive=d${index}`,
  ]);
  const kernels = join(cached('linux'), 'boot');
  const image = readdirSync(kernels).find((name) => name.startsWith('vmlinuz')) ?? '';
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'pc', '-accel', 'tcg', '-m', '512', '-nodefaults', '-display', 'none', '-no-reboot'],
      ...['-serial', 'stdio', '-kernel', join(kernels, image), '-initrd', initramfs],
      ...['-append', 'console=ttyS0 quiet no_timer_check panic=-1', ...drives],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: 400_000, killSignal: 'SIGKILL' },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (said = (said + data.toString('latin1')).slice(-20_000)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 || !said.includes('judged: done'))
    throw new Error(`Linux did not come to the end of its script (QEMU ended with ${code}):\n${said}`);
  mkdirSync(out);
  execFileSync('tar', ['-xmf', result, '-C', out]);
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(out, path), readFileSync(path, 'utf8')];
    }),
  );
}

/** Linux shows U+10000 and above as "??", and finds no such file then: these are left out. */
const unnameable = /^find: [^\n]*\?\?[^\n]*: No such file or directory\n/gm;

function readListing(text: (name: string) => string, disk: string): KernelListing {
  const errors = text('errors').replace(unnameable, '');
  if (errors !== '') throw new Error(`Linux cannot read ${disk}: ${errors}`);
  const list = (name: string): string[] => text(name).split('\0').slice(0, -1);
  const sums = new Map(inOrder(text('sums'), list('files'), /^([0-9a-f]{64}) {2}/));
  const links = list('links');
  const targets = new Map(list('symlinks').map((path, index) => [path, links[index] ?? '']));
  const entries = new Map<string, KernelEntry>();
  for (const [path, fields] of inOrder(text('stats'), list('all'), /^([0-9a-f]+(?: -?\d+){6}) /)) {
    const [mode = '', ...numbers] = fields.split(' ');
    const [owner = 0, group = 0, modified = 0, size = 0, count = 0, inode = 0] = numbers.map(Number);
    const bits = parseInt(mode, 16);
    const sha256 = sums.get(path);
    const target = targets.get(path);
    entries.set(path === '.' ? '' : path.slice(2), {
      kind: kinds[bits & 0o170000] ?? 'other',
      mode: bits & 0o7777,
      owner,
      group,
      modified,
      size,
      links: count,
      inode,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(target === undefined ? {} : { target }),
    });
  }
  return entries;
}

const kinds: Readonly<Record<number, KernelEntry['kind']>> = {
  0o100000: 'file',
  0o040000: 'folder',
  0o120000: 'symlink',
};

/** Lines that end with a name each, which may have line feeds itself: taken apart by the names that are known. */
function* inOrder(text: string, names: readonly string[], head: RegExp): Generator<[string, string]> {
  let at = 0;
  for (const name of names) {
    const match = head.exec(text.slice(at, at + 200));
    const end = at + (match?.[0].length ?? 0);
    if (match === null || !text.startsWith(`${name}\n`, end))
      throw new Error(`Linux says nothing of "${name}"`);
    yield [name, match[1] ?? ''];
    at = end + name.length + 1;
  }
}
