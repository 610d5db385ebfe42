import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeCpio, type NewEntry } from '../../src/formats/cpio/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { cached } from '../rig/judges/cache.ts';

/** A file of the kernel's package, by the end of its path. */
export function kernelFile(end: string): string {
  const folder = cached('linux-kvm');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(end));
  if (found === undefined) throw new Error(`the kernel's package has no ${end}`);
  return join(folder, found);
}

/**
 * Boots Debian's kernel on a CPU whose virtualisation QEMU emulates, with BusyBox, modules and the program of
 * test/fixtures/kvm-guest.c as `guest`, and runs a script there. Some seconds.
 * @param modules files, in /modules by their names
 * @returns what the script said on its standard output and error
 */
export async function bootDebianKernel(modules: readonly string[], script: string): Promise<string> {
  const folder = freshFolder();
  const [guest, initramfs] = [join(folder, 'guest'), join(folder, 'initramfs')];
  execFileSync('gcc', ['-static', '-O1', '-o', guest, join(packageRoot, 'test/fixtures/kvm-guest.c')]);
  const file = (path: string, from: string): NewEntry => ({
    path,
    kind: 'file',
    mode: 0o755,
    content: readFileSync(from),
  });
  const entries: NewEntry[] = [
    ...['bin', 'dev', 'proc', 'sys', 'modules'].map(
      (path) => ({ path, kind: 'folder', mode: 0o755 }) as const,
    ),
    file('bin/busybox', cached('busybox/bin/busybox')),
    file('bin/guest', guest),
    ...modules.map((path) => file(`modules/${basename(path)}`, path)),
    { path: 'init', kind: 'file', mode: 0o755, content: Buffer.from(init(script)) },
  ];
  const parts: Uint8Array[] = [];
  for await (const part of writeCpio(entries, 'newc')) parts.push(part);
  writeFileSync(initramfs, Buffer.concat(parts));
  const child = spawn(
    'qemu-system-x86_64',
    [
      // The emulated AMD CPU has nested paging and, where it is asked for, MONITOR.
      ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'EPYC,+monitor', '-m', '512', '-nodefaults'],
      ...['-display', 'none', '-no-reboot', '-serial', 'stdio', '-initrd', initramfs],
      ...[
        '-kernel',
        kernelFile('vmlinuz-6.1.0-50-amd64'),
        '-append',
        'console=ttyS0 loglevel=0 no_timer_check panic=-1',
      ],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], timeout: 400_000, killSignal: 'SIGKILL' },
  );
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString('latin1')));
  await once(child, 'close');
  const [, words] = /said:begin\r?\n([^]*)said:end/.exec(said) ?? [];
  if (words === undefined) throw new Error(`Linux did not come to the end of its script:\n${said}`);
  return words.replaceAll('\r', '');
}

const init = (script: string): string => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
cd /modules
echo said:begin
(
${script}
) 2>&1
echo said:end
poweroff -f
`;
