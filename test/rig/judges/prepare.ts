import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cached, makeCached } from './cache.ts';
import { openDebianMirror, type DebianMirror } from './debian.ts';
import { buildLzfse, lzfseSource } from './lzfse.ts';
import { imageFolder, imagePackages, takeImages } from './images.ts';

/** Judges of Debian's that are used without being installed, and real images: what each folder of the cache is made of. */
const folders: Readonly<Record<string, (mirror: DebianMirror, folder: string) => Promise<void>>> = {
  hfsprogs: (mirror, folder) => mirror.unpack('hfsprogs', folder),
  lzfse: async (mirror, folder) => buildLzfse(await mirror.sourceArchive(lzfseSource), folder),
  busybox: (mirror, folder) => mirror.unpack('busybox-static', folder),
  attr: (mirror, folder) => mirror.unpack('attr', folder),
  // Installed they would be started as services.
  nginx: (mirror, folder) => mirror.unpack('nginx', folder),
  // With the libraries that a host without Redis may lack.
  redis: async (mirror, folder) => {
    for (const name of ['redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'])
      await mirror.unpack(name, folder);
  },
  'docker-registry': (mirror, folder) => mirror.unpack('docker-registry', folder),
  // Firmware and a driver that are not ours to judge by; installed, refind would write to the host's own EFI partition.
  ovmf: (mirror, folder) => mirror.unpack('ovmf', folder, ['./usr/share/OVMF/OVMF_*_4M.fd']),
  refind: (mirror, folder) => mirror.unpack('refind', folder, ['*/drivers_x64/hfs_x64.efi']),
  // The kernel that the buildroot kvm-bookworm has the headers of, and what its KVM depends on.
  'linux-kvm': (mirror, folder) =>
    mirror.unpack('linux-image-6.1.0-50-amd64', folder, [
      './boot/vmlinuz-*',
      ...['virt/lib/irqbypass', 'drivers/crypto/ccp/ccp', 'arch/x86/kvm/kvm'].map(
        (name) => `*/kernel/${name}.ko*`,
      ),
    ]),
  linux: async (mirror, folder) => {
    // The kernel of the host's release: its metapackage names the newest.
    const image = await mirror.firstDependency('linux-image-amd64');
    const modules = ['fs/hfsplus', 'fs/nls', 'drivers/cdrom', 'drivers/virtio', 'drivers/block'];
    await mirror.unpack(image, folder, [
      './boot/vmlinuz-*',
      ...modules.map((name) => `*/kernel/${name}/*.ko*`),
    ]);
  },
  ...Object.fromEntries(
    imagePackages.map((source) => [
      imageFolder(source),
      async (mirror: DebianMirror, folder: string) =>
        takeImages(source, await mirror.sourceArchive(source), folder),
    ]),
  ),
};

const reasons = cached('missing.json');

/** Brings the judges into the cache; what cannot be had is noted with its reason, said, and tried again the next time. */
export async function prepareJudges(): Promise<void> {
  const wanted = Object.entries(folders).filter(([name]) => !existsSync(cached(name)));
  if (wanted.length === 0) {
    rmSync(reasons, { force: true });
    return;
  }
  const missing: Record<string, string> = {};
  let mirror: DebianMirror | undefined;
  try {
    mirror = await openDebianMirror();
    for (const [name, make] of wanted) {
      const from = mirror;
      await makeCached(name, (folder) => make(from, folder)).catch((error: unknown) => {
        missing[name] = reasonOf(error);
      });
    }
  } catch (error) {
    for (const [name] of wanted) missing[name] = reasonOf(error);
  } finally {
    mirror?.close();
  }
  mkdirSync(dirname(reasons), { recursive: true });
  writeFileSync(reasons, JSON.stringify(missing));
  for (const [name, reason] of Object.entries(missing))
    console.warn(`absent: ${name} (${reason}); the tests that need it are skipped`);
}

/** Why a folder of the cache is not there; undefined when it is. */
export function missingBecause(name: string): string | undefined {
  if (existsSync(cached(name))) return undefined;
  try {
    const known = JSON.parse(readFileSync(reasons, 'utf8')) as Record<string, string>;
    return known[name] ?? 'it was not downloaded';
  } catch {
    return 'it was not downloaded';
  }
}

function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const said = (stderr ?? '').split('\n').filter((line) => /^E:/.test(line));
  return said.at(-1) ?? message.split('\n')[0] ?? '';
}
