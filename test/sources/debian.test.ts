import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import {
  ensureFiles,
  ensureSourceTree,
  lockOrigin,
  resolveBuildroot,
  type Origin,
} from '../../src/sources/index.ts';
import { hasBlob } from '../../src/store/index.ts';
import { freshContext } from './store-rig.ts';

const context = freshContext();
const { folder, store } = context;

describe("Debian's archive, through the host's mirrors", () => {
  test('gives a source package with its patches, and its upstream tarball alone', async () => {
    const upstream = await lockOrigin(
      { kind: 'debian', package: 'hello', version: '2.10', suite: 'bookworm' },
      context,
    );
    expect(upstream).toMatchObject({
      files: [
        {
          file: 'pool/main/h/hello/hello_2.10.orig.tar.gz',
          sha256: '31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b',
        },
      ],
    });
    const tree = await ensureSourceTree(upstream, context);
    expect(existsSync(join(tree, 'configure'))).toBe(true);
    expect(existsSync(join(tree, 'debian'))).toBe(false);
    const whole = await lockOrigin(
      { kind: 'debian', package: 'hello', version: '2.10-3', suite: 'bookworm' },
      context,
    );
    expect(existsSync(join(await ensureSourceTree(whole, context), 'debian/rules'))).toBe(true);
    expect(readdirSync(join(store.root, 'tmp')).filter((name) => name.includes('dpkg-source'))).toEqual([]);
  });

  test('gives all packages of a root filesystem, and a repository of them that apt takes', async () => {
    const root = await resolveBuildroot({ suite: 'bookworm', packages: ['make'] }, context);
    const names = root.packages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['base-files', 'dpkg', 'libc6', 'make', 'usr-is-merged']));
    expect(names).not.toContain('apt');
    expect(names).not.toContain('usrmerge');
    // Two of them stand for all: the whole set is of tens of megabytes.
    const some = {
      ...root,
      packages: root.packages.filter(({ name }) => ['make', 'usr-is-merged'].includes(name)),
    };
    const repository = await ensureSourceTree(some, context);
    const index = readFileSync(join(repository, 'Packages'), 'utf8');
    for (const one of some.packages) {
      expect(index).toContain(`Package: ${one.name}\n`);
      expect(index).toContain(`SHA256: ${one.sha256}\n`);
      expect(sha256(readFileSync(join(repository, one.file.replace(/.*\//, ''))))).toBe(one.sha256);
    }
    expect(await ensureSourceTree(some, { ...context, offline: true })).toBe(repository);
  });

  test('is not asked when all is there or nothing may be asked', async () => {
    const wish = { suite: 'bookworm', packages: ['no-such-package-here'] };
    await expect(resolveBuildroot(wish, context)).rejects.toMatchObject({
      code: 'unknown-package',
      message: 'bookworm has no package no-such-package-here',
    });
    const offline = { ...freshContext(), offline: true };
    await expect(resolveBuildroot(wish, offline)).rejects.toMatchObject({ code: 'offline' });
  });
});

describe('a small archive of our own', () => {
  const archive = join(folder, 'archive');
  const origin: Origin = { kind: 'debian', package: 'tiny', version: '1.0', suite: 'bookworm' };
  const tarball = 'pool/main/t/tiny/tiny_1.0.orig.tar.gz';

  function pack(version: string): void {
    const target = join(archive, `pool/main/t/tiny/tiny_${version}.orig.tar.gz`);
    execFileSync('tar', ['-czf', target, '-C', folder, 'tiny-1.0']);
  }

  /** Lays the archive out with that one version, and a wrong digest if one is given. */
  function layOut(version: string, digest?: string): void {
    const bytes = readFileSync(join(archive, `pool/main/t/tiny/tiny_${version}.orig.tar.gz`));
    const index = `Package: tiny
Binary: tiny
Version: ${version}-1
Architecture: all
Format: 3.0 (quilt)
Directory: pool/main/t/tiny
Checksums-Sha256:
 ${digest ?? sha256(bytes)} ${bytes.length} tiny_${version}.orig.tar.gz
`;
    writeFileSync(join(archive, 'dists/bookworm/main/source/Sources'), index);
    writeFileSync(
      join(archive, 'dists/bookworm/Release'),
      `Origin: Debian
Suite: bookworm
Codename: bookworm
Components: main
Architectures: amd64 arm64
Date: Thu, 01 Jan 2026 00:00:00 UTC
SHA256:
 ${sha256(index)} ${index.length} main/source/Sources
`,
    );
  }

  function configure(trust: string): void {
    writeFileSync(join(folder, 'apt/sources'), `deb ${trust} file:${archive} bookworm main\n`);
    const config = join(folder, `apt/conf-${Math.random()}`);
    writeFileSync(
      config,
      `Dir::Etc::sourcelist "${folder}/apt/sources";\nDir::Etc::sourceparts "${folder}/apt/none";\n`,
    );
    process.env['APT_CONFIG'] = config;
  }

  beforeAll(() => {
    mkdirSync(join(archive, 'dists/bookworm/main/source'), { recursive: true });
    mkdirSync(join(archive, 'pool/main/t/tiny'), { recursive: true });
    mkdirSync(join(folder, 'apt'));
    mkdirSync(join(folder, 'tiny-1.0'));
    writeFileSync(join(folder, 'tiny-1.0/text'), 'tiny');
    pack('1.0');
  });
  afterEach(() => {
    delete process.env['APT_CONFIG'];
  });

  test('that the host trusts gives its source', async () => {
    layOut('1.0');
    configure('[trusted=yes]');
    const own = freshContext();
    const locked = await lockOrigin(origin, own);
    expect(readFileSync(join(await ensureSourceTree(locked, own), 'text'), 'utf8')).toBe('tiny');
    expect(existsSync(join(archive, tarball))).toBe(true);
  });

  test('that nobody has signed is refused', async () => {
    layOut('1.0');
    configure('');
    await expect(lockOrigin(origin, freshContext())).rejects.toMatchObject({
      code: 'apt-update-failed',
      message: expect.stringContaining('not signed') as string,
    });
  });

  test('whose index is not the one its Release file vouches for is refused', async () => {
    layOut('1.0');
    writeFileSync(join(archive, 'dists/bookworm/main/source/Sources'), 'Package: tiny\nVersion: 6.6.6-1\n');
    configure('[trusted=yes]');
    await expect(lockOrigin(origin, freshContext())).rejects.toMatchObject({ code: 'apt-update-failed' });
  });

  test('whose file is not what its index says is refused, and nothing of it is kept', async () => {
    const wrong = sha256('something else');
    layOut('1.0', wrong);
    configure('[trusted=yes]');
    const own = freshContext();
    const locked = await lockOrigin(origin, own);
    await expect(ensureFiles(locked, own)).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(hasBlob(own.store, wrong)).toBe(false);
  });

  test('that has moved on is told of with what it offers now, unless the store has the file', async () => {
    layOut('1.0');
    configure('[trusted=yes]');
    const had = freshContext();
    const locked = await lockOrigin(origin, had);
    await ensureFiles(locked, had);
    writeFileSync(join(folder, 'tiny-1.0/text'), 'newer');
    pack('1.1');
    layOut('1.1');
    rmSync(join(archive, tarball));
    configure('[trusted=yes]');
    await ensureFiles(locked, had);
    await expect(
      ensureFiles(locked, { ...freshContext(), relock: 'cidermill lock tiny' }),
    ).rejects.toMatchObject({
      code: 'source-vanished',
      message: expect.stringMatching(/tiny 1\.0 .* offered now: 1\.1$/) as string,
      hint: expect.stringContaining('`cidermill lock tiny`') as string,
    });
  });

  test('that does not have the suite is told of', async () => {
    configure('[trusted=yes]');
    await expect(lockOrigin({ ...origin, suite: 'trixie' }, freshContext())).rejects.toMatchObject({
      code: 'no-suite',
    });
  });
});
