import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, installPackages, installPrivilege, packageOf } from '../../src/host/index.ts';
import { judgesFolder } from './judges/cache.ts';
import { prepareJudges } from './judges/prepare.ts';

/** The programs that judge what we write, or stand in for a user's, and the Debian packages that have them. */
const judges: Readonly<Record<string, string>> = {
  '7zz': '7zip',
  'qemu-img': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
  mmls: 'sleuthkit',
  sgdisk: 'gdisk',
  parted: 'parted',
  dmg2img: 'dmg2img',
  cpio: 'cpio',
  gcc: 'gcc',
  clang: 'clang',
  'lld-link': 'lld',
  mcopy: 'mtools',
  'fsck.fat': 'dosfstools',
  'llvm-objdump': 'llvm',
  make: 'make',
  xxd: 'xxd',
  strace: 'strace',
  python3: 'python3',
  gpg: 'gnupg',
  modinfo: 'kmod',
  patch: 'patch',
  'virt-xml-validate': 'libvirt-clients',
  xmllint: 'libxml2-utils',
  junitparser: 'junitparser',
  rsync: 'rsync',
  disorderfs: 'disorderfs',
  protoc: 'protobuf-compiler',
  skopeo: 'skopeo',
  mandoc: 'mandoc',
  groff: 'groff',
  zsh: 'zsh',
  fish: 'fish',
  ip: 'iproute2',
  openssl: 'openssl',
};

/** What the tests run beside the judges. */
const tools = [
  'flock',
  'bwrap',
  'mmdebstrap',
  'fakechroot',
  'apt-get',
  'dpkg-source',
  'xz',
  'bzip2',
  'zstd',
  'git',
  'svn',
];

/** Brings the tools the tests need and builds the command line, once before all of them. */
export async function setup(): Promise<() => void> {
  // A store that none of the user's own projects use, for what names no other.
  const cache = mkdtempSync(join(tmpdir(), 'cidermill-cache-'));
  process.env['XDG_CACHE_HOME'] = cache;
  // Tests that ask a cache name their own.
  delete process.env['CIDERMILL_CACHE'];
  delete process.env['CIDERMILL_CACHE_PUSH'];
  delete process.env['CIDERMILL_CACHE_SIGN'];
  delete process.env['CIDERMILL_CACHE_TOKEN'];
  // Tests of what a CI system is shown say that they run in one.
  for (const name of ['GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY', 'GITLAB_CI'])
    Reflect.deleteProperty(process.env, name);
  // The judges stay where they were downloaded: without this every test that asks one would be skipped.
  process.env['CIDERMILL_JUDGES'] = judgesFolder;
  const missing = [
    ...tools.filter((tool) => findTool(tool) === undefined).map(packageOf),
    ...Object.keys(judges).flatMap((tool) => (findTool(tool) === undefined ? [judges[tool] ?? tool] : [])),
    ...(existsSync('/usr/share/seabios/bios-256k.bin') ? [] : ['seabios']),
    ...(existsSync('/usr/include/linux/kvm.h') ? [] : ['libc6-dev']),
    ...(existsSync('/usr/include/ncurses.h') ? [] : ['libncurses-dev']),
    ...(existsSync('/usr/share/i18n/locales/et_EE') ? [] : ['locales']),
    ...(existsSync('/usr/share/doc/libfaketime') ? [] : ['libfaketime']),
  ];
  if (missing.length > 0) await installPackages([...new Set(missing)], installPrivilege(process.stdin.isTTY));
  await prepareJudges();
  execFileSync(process.execPath, ['bin/setup.mjs'], { stdio: 'inherit' });
  return () => rmSync(cache, { recursive: true, force: true });
}
