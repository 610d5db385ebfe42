import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256, type Material } from '../../src/base/index.ts';
import { readIdentifiers, readLicences } from '../../src/provenance/sbom/licences.ts';
import { readDepends, readSums } from '../../src/provenance/sbom/package-facts.ts';
import { makeSbom } from '../../src/provenance/sbom/sbom.ts';
import { putBytes } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { freshContext } from '../sources/store-rig.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly scope?: string;
  readonly hashes?: readonly { readonly content: string }[];
  readonly licenses?: readonly { readonly license: { readonly id?: string; readonly name?: string } }[];
  readonly components?: readonly Component[];
}

interface Bom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** As a vulnerability scanner reads a bill: every component that runs, at any depth, that has a package URL. */
function scan(components: readonly Component[]): Component[] {
  return components
    .filter(({ scope }) => scope !== 'excluded')
    .flatMap((each) => [...(each.purl === undefined ? [] : [each]), ...scan(each.components ?? [])]);
}

/** Builds a package whose folder of documents is a link to another's. */
function makeLinked(name: string, to: string): Buffer {
  const folder = freshFolder();
  mkdirSync(join(folder, 'root/DEBIAN'), { recursive: true });
  mkdirSync(join(folder, 'root/usr/share/doc'), { recursive: true });
  symlinkSync(to, join(folder, 'root/usr/share/doc', name));
  writeFileSync(
    join(folder, 'root/DEBIAN/control'),
    `Package: ${name}\nVersion: 1.2-3\nArchitecture: amd64\nMaintainer: a <a@example.org>\nDescription: x\n`,
  );
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', 'root', 'made.deb'], {
    cwd: folder,
    stdio: 'ignore',
  });
  return readFileSync(join(folder, 'made.deb'));
}

/** Builds a package by dpkg-deb, with the md5sums file that debhelper would make. */
function makePackage(name: string, files: Readonly<Record<string, string>>, depends = ''): Buffer {
  const folder = freshFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'root', path)), { recursive: true });
    writeFileSync(join(folder, 'root', path), content);
  }
  const sums = execFileSync('md5sum', Object.keys(files), { cwd: join(folder, 'root'), encoding: 'utf8' });
  mkdirSync(join(folder, 'root/DEBIAN'));
  writeFileSync(join(folder, 'root/DEBIAN/md5sums'), sums);
  const field = depends === '' ? '' : `Depends: ${depends}\n`;
  const control = `Package: ${name}\nVersion: 1.2-3\nArchitecture: amd64\nMaintainer: a <a@example.org>\n${field}Description: ${name}\n`;
  writeFileSync(join(folder, 'root/DEBIAN/control'), control);
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', 'root', 'made.deb'], {
    cwd: folder,
    stdio: 'ignore',
  });
  return readFileSync(join(folder, 'made.deb'));
}

describe('a bill of materials', () => {
  test('tells a scanner which libraries lie in the product, also in its archive, with their licences', async () => {
    const { store } = freshContext();
    const put = async (bytes: Buffer): Promise<ReturnType<typeof sha256>> =>
      (await putBytes(store, bytes)).digest;
    const copyright =
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: Zlib\n';
    const free = 'This is free software.\nSee /usr/share/common-licenses/LGPL-2.1.\n';
    const debs: Record<string, Buffer> = {
      libz: makePackage(
        'libz',
        { 'usr/lib/libz.so.1.2.13': 'the library', 'usr/share/doc/libz/copyright': copyright },
        'libc (>= 2), other | libx:any',
      ),
      libx: makePackage('libx', {
        'usr/lib/libx.so.6': 'another library',
        'usr/share/doc/libx/copyright': free,
      }),
      linked: makeLinked('linked', 'libz'),
      gcc: makePackage('gcc', { 'usr/bin/gcc': 'a compiler' }, 'libz'),
    };
    const materials: Material[] = [];
    for (const [name, bytes] of Object.entries(debs)) {
      const digest = { sha256: await put(bytes) };
      materials.push({
        uri: `pkg:deb/debian/${name}@1.2-3?arch=amd64&distro=bookworm`,
        name: `${name}.deb`,
        digest,
      });
    }
    const folder = freshFolder();
    mkdirSync(join(folder, 'top/lib'), { recursive: true });
    writeFileSync(join(folder, 'top/lib/libz.so.1'), 'the library');
    writeFileSync(join(folder, 'top/program'), 'ours');
    writeFileSync(
      join(folder, 'top/a.c'),
      '// SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT\n',
    );
    execFileSync('tar', ['-czf', 'made.tar.gz', 'top'], { cwd: folder });
    const source = await put(readFileSync(join(folder, 'made.tar.gz')));
    materials.push({
      uri: 'https://example.org/source.tar.gz',
      name: 'source.tar.gz',
      digest: { sha256: source },
    });
    const files = [
      { name: 'made.tar.gz', digest: { sha256: source } },
      { name: 'lib/libx.so.6', digest: { sha256: await put(Buffer.from('another library')) } },
    ];
    const parts = { name: 'product', digest: sha256('x'), files, materials, version: '1' };
    const text = await makeSbom(store, parts);
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    expect(await makeSbom(store, parts)).toBe(text);

    const bom = JSON.parse(text) as Bom;
    const purl = (name: string): string => `pkg:deb/debian/${name}@1.2-3?arch=amd64&distro=bookworm`;
    expect(scan(bom.components).map((each) => each.purl)).toEqual([purl('libx'), purl('libz')]);
    const found = (name: string): Component | undefined => bom.components.find((each) => each.name === name);
    expect(found('gcc')?.scope).toBe('excluded');
    expect(found('libz')?.components).toMatchObject([
      { name: 'made.tar.gz!/top/lib/libz.so.1', hashes: [{ content: sha256('the library') }] },
    ]);
    expect(found('libx')?.components?.map(({ name }) => name)).toEqual(['lib/libx.so.6']);
    const inside = found('made.tar.gz')?.components?.map(({ name }) => name);
    expect(inside).toEqual(['top/a.c', 'top/lib/libz.so.1', 'top/program']);
    const licences = (name: string): unknown => found(name)?.licenses?.map(({ license }) => license);
    expect(licences('libz')).toEqual([{ id: 'Zlib' }]);
    expect(licences('linked')).toEqual([{ id: 'Zlib' }]);
    expect(licences('libx')).toEqual([{ id: 'LGPL-2.1-only' }]);
    expect(licences('https://example.org/source.tar.gz')).toEqual([{ id: 'GPL-2.0-only' }, { id: 'MIT' }]);

    const depends = (ref: string): readonly string[] =>
      bom.dependencies.find((each) => each.ref === ref)?.dependsOn ?? [];
    expect(depends('product:product')).toEqual(
      [
        'file:lib/libx.so.6',
        'file:made.tar.gz',
        'https://example.org/source.tar.gz#source.tar.gz',
        `${purl('libx')}#libx.deb`,
        `${purl('libz')}#libz.deb`,
      ].sort(),
    );
    expect(depends(`${purl('libz')}#libz.deb`)).toEqual([`${purl('libx')}#libx.deb`]);
    expect(depends(`${purl('gcc')}#gcc.deb`)).toEqual([`${purl('libz')}#libz.deb`]);
    const refs = new Set(bom.dependencies.map(({ ref }) => ref));
    expect(
      bom.dependencies.flatMap(({ dependsOn = [] }) => dependsOn).filter((ref) => !refs.has(ref)),
    ).toEqual([]);
  });

  test('does not say of a package that it cannot read that a scanner may skip it', async () => {
    const { store } = freshContext();
    const uri = 'pkg:deb/debian/libz@1.2-3?arch=amd64&distro=bookworm';
    const materials = [{ uri, name: 'libz.deb', digest: { sha256: sha256('not in this store') } }];
    const file = {
      name: 'lib/libz.so.1',
      digest: { sha256: (await putBytes(store, Buffer.from('z'))).digest },
    };
    const parts = { name: 'product', digest: sha256('x'), files: [file], materials, version: '1' };
    const text = await makeSbom(store, parts);
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    expect(scan((JSON.parse(text) as Bom).components).map(({ purl }) => purl)).toEqual([uri]);
  });

  test('names nothing where a product holds no file of a package, or its archive is none', async () => {
    const { store } = freshContext();
    const deb = makePackage('libz', { 'usr/lib/libz.so.1': 'the library' });
    const digest = { sha256: (await putBytes(store, deb)).digest };
    const uri = 'pkg:deb/debian/libz@1.2-3?arch=amd64&distro=bookworm';
    const files = [];
    // The same bytes under another name may be anybody's: an empty file, a licence.
    for (const [name, content] of [
      ['broken.tar.gz', 'no archive'],
      ['other.bin', 'the library'],
    ] as const)
      files.push({ name, digest: { sha256: (await putBytes(store, Buffer.from(content))).digest } });
    const text = await makeSbom(store, {
      name: 'p',
      digest: sha256('x'),
      files,
      materials: [{ uri, digest }],
      version: '1',
    });
    const bom = JSON.parse(text) as Bom;
    expect(scan(bom.components)).toEqual([]);
    expect(bom.components.find(({ name }) => name === 'broken.tar.gz')?.components).toBeUndefined();
  });
});

test('licences are read in every form that Debian has, and only where they are said', () => {
  expect(
    readLicences('Format: http://dep.debian.net/deps/dep5\nLicense: GPL-2+ with OpenSSL exception\n'),
  ).toEqual(['GPL-2+']);
  expect(readLicences("see `/usr/share/common-licenses/GPL-3'.")).toEqual(['GPL-3']);
  expect(readLicences('see /usr/share/common-licenses/Apache-2.0.')).toEqual(['Apache-2.0']);
  expect(readIdentifiers(' * SPDX-License-Identifier: GPL-2.0-or-later */')).toEqual(['GPL-2.0-or-later']);
  expect(readIdentifiers('# SPDX-License-Identifier: MIT AND (BSD-2-Clause OR ISC)')).toEqual([
    'BSD-2-Clause',
    'ISC',
    'MIT',
  ]);
  expect(readIdentifiers('License: MIT')).toEqual([]);
});

test('whatever a package says of itself, names and paths are all that is read of it', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const name of [
        ...readDepends(`Depends: ${text}`),
        ...readLicences(text),
        ...readIdentifiers(text),
      ])
        expect(name).toMatch(/^[\w.+-]+$/);
      for (const digest of readSums(text).keys()) expect(digest).toMatch(/^[0-9a-f]{32}$/);
    }),
  );
  expect(readDepends('Pre-Depends: a (>= 1)\nDepends: b | c [amd64],\n d:any <x>\n')).toEqual([
    'a',
    'b',
    'c',
    'd',
  ]);
});
