import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineAndColumn, sha256 } from '../../src/base/index.ts';
import {
  lookUpBuildroot,
  lookUpOrigin,
  mergeLock,
  parseLockfile,
  readLockfile,
  updateLock,
  type LockedBuildroot,
  type LockedOrigin,
} from '../../src/sources/index.ts';
import { readAsWritten, readAsYaml } from '../../src/sources/lock/read.ts';
import { freshContext } from './store-rig.ts';

const { folder } = freshContext();

type Pinned = Exclude<LockedOrigin, { kind: 'local' }>;

function file(name: string) {
  return { file: name, size: name.length, sha256: sha256(name) };
}

const debian: Pinned = {
  kind: 'debian',
  origin: { kind: 'debian', package: 'qemu', version: '1:7.2+dfsg', suite: 'bookworm' },
  files: [file('pool/main/q/qemu/qemu_7.2+dfsg.orig.tar.xz')],
};
const url: Pinned = {
  kind: 'url',
  origin: {
    kind: 'url',
    url: 'https://example.org/a-1.tar.gz',
    mirrors: ['https://example.com/a-1.tar.gz'],
    unpack: false,
  },
  files: [file('a-1.tar.gz')],
};
const git: Pinned = {
  kind: 'git',
  origin: { kind: 'git', repository: 'https://user@example.org/r.git', revision: 'v1' },
  commit: '0123456789'.repeat(4),
  tree: sha256('git'),
  files: [file('r.tar')],
};
const svn: Pinned = {
  kind: 'svn',
  origin: { kind: 'svn', repository: 'https://example.org/svn/trunk', revision: 42 },
  tree: sha256('svn'),
  files: [file('trunk.tar')],
};
const buildroot: LockedBuildroot = {
  kind: 'packages',
  suite: 'bookworm',
  architecture: 'amd64',
  requested: ['make', 'gcc'],
  packages: [
    { name: 'gcc', version: '4:12.2.0-3', ...file('pool/main/g/gcc-defaults/gcc_12.2.0-3_amd64.deb') },
    { name: 'make', version: '4.3', ...file('pool/main/m/make_4.3_amd64.deb') },
  ],
};
const all: { sources: Record<string, Pinned[]>; buildroots: Record<string, LockedBuildroot> } = {
  sources: { 'q.tree': [debian, url], 'r.tree': [git, svn] },
  buildroots: { bookworm: buildroot },
};

describe('the lockfile', () => {
  test('gives back every origin and buildroot that was written to it', () => {
    const { lock, diagnostics } = parseLockfile(mergeLock('', all), 'lock.yaml');
    expect(diagnostics).toEqual([]);
    for (const [name, origins] of Object.entries(all.sources)) {
      for (const locked of origins) {
        expect(lookUpOrigin(lock, name, locked.origin)).toEqual(locked);
      }
    }
    expect(lookUpBuildroot(lock, 'bookworm', { suite: 'bookworm', packages: ['gcc', 'make'] })).toMatchObject(
      buildroot,
    );
  });

  test('does not speak for an origin or a buildroot that is declared otherwise now', () => {
    const { lock } = parseLockfile(mergeLock('', all), 'lock.yaml');
    const origin = { kind: 'debian', package: 'qemu', version: '1:7.2+dfsg' } as const;
    expect(lookUpOrigin(lock, 'q.tree', origin)).toBeUndefined();
    expect(lookUpOrigin(lock, 'q.tree', { ...origin, suite: 'trixie' })).toBeUndefined();
    expect(lookUpOrigin(lock, 'other.tree', { ...origin, suite: 'bookworm' })).toBeUndefined();
    expect(lookUpBuildroot(lock, 'bookworm', { suite: 'trixie', packages: ['gcc', 'make'] })).toBeUndefined();
    expect(lookUpBuildroot(lock, 'bookworm', { suite: 'bookworm', packages: ['gcc'] })).toBeUndefined();
  });

  test('is the same whatever order its entries come in', () => {
    const one = mergeLock(mergeLock('', { sources: { 'r.tree': [git, svn] } }), {
      sources: { 'q.tree': [debian, url] },
    });
    expect(mergeLock(one, { buildroots: all.buildroots })).toBe(mergeLock('', all));
  });

  test('keeps the entries that are not locked anew, and the comment at its head', () => {
    const own = mergeLock('', all).replace(/^(#.*\n)+/, '# mine\n');
    const merged = mergeLock(own, { sources: { 'b.tree': [git], 'q.tree': [url] }, removed: ['r.tree'] });
    expect(merged.startsWith('# mine\n{\n')).toBe(true);
    const { lock, diagnostics } = parseLockfile(merged, 'lock.yaml');
    expect([diagnostics, [...lock.sources.keys()]]).toEqual([[], ['b.tree', 'q.tree']]);
    expect(lock.sources.get('q.tree')).toHaveLength(1);
    expect(lock.buildroots.get('bookworm')).toEqual(buildroot);
    // A line that is not about what was locked is the same line.
    const kept = own.split('\n').filter((line) => line.includes('"name":'));
    expect(merged.split('\n').filter((line) => line.includes('"name":'))).toEqual(kept);
  });

  test('has one origin or package a line, and is YAML too', () => {
    const text = mergeLock('', all);
    expect(text.split('\n').filter((line) => line.includes('sha256'))).toHaveLength(6);
    expect(readAsYaml(text, 'lock.yaml')).toEqual(parseLockfile(text, 'lock.yaml'));
  });

  test('of the form that earlier versions wrote is read, and laid out anew when something is locked', () => {
    const digest = sha256('y');
    const old = `# mine
version: 1
sources:
  # about y
  y.tree:
    - debian: y@1.10   # reads as a number, and is none
      suite: bookworm
      files:
        - { file: pool/y, size: 1, sha256: ${digest} }
buildroots:
  zzz: { suite: s, architecture: a, requested: [b], packages: [{ name: b, version: 1.0, file: b_1.0.deb, size: 3, sha256: ${digest} }] }
`;
    const { lock, diagnostics } = parseLockfile(old, 'lock.yaml');
    expect(diagnostics).toEqual([]);
    expect(lock.sources.get('y.tree')).toEqual([
      {
        kind: 'debian',
        origin: { kind: 'debian', package: 'y', version: '1.10', suite: 'bookworm' },
        files: [{ file: 'pool/y', size: 1, sha256: digest }],
      },
    ]);
    expect(lock.buildroots.get('zzz')?.packages[0]?.version).toBe('1.0');
    const merged = mergeLock(old, { sources: { 'q.tree': [debian] } });
    expect(merged.startsWith('# mine\n{\n')).toBe(true);
    const anew = parseLockfile(merged, 'lock.yaml').lock;
    expect([...anew.sources.keys()]).toEqual(['q.tree', 'y.tree']);
    expect(anew.sources.get('y.tree')).toEqual(lock.sources.get('y.tree'));
    expect(anew.buildroots).toEqual(lock.buildroots);
  });

  test('is written whole or not at all, and only when it changes', () => {
    const path = join(folder, 'recipes', 'lock.yaml');
    expect(updateLock(path, 'lock.yaml', all)).toBe(true);
    expect(updateLock(path, 'lock.yaml', all)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe(mergeLock('', all));
    expect(readdirSync(join(folder, 'recipes'))).toEqual(['lock.yaml']);
  });

  test('that is broken is not written over', () => {
    const path = join(folder, 'broken.yaml');
    writeFileSync(path, 'version: 1\nsources: [');
    expect(() => updateLock(path, 'broken.yaml', all)).toThrow(/broken\.yaml/);
    expect(readFileSync(path, 'utf8')).toBe('version: 1\nsources: [');
  });

  test('that is not there is an empty one', () => {
    const { lock, diagnostics } = readLockfile(join(folder, 'not-there.yaml'), 'lock.yaml');
    expect([lock.sources.size, diagnostics]).toEqual([0, []]);
    expect(existsSync(join(folder, 'not-there.yaml'))).toBe(false);
  });
});

describe('what is read as it was written', () => {
  const text = mergeLock('', all);

  test('is what YAML reads', () => {
    expect(readAsWritten(text)).toEqual(readAsYaml(text, 'lock.yaml').lock);
    const odd = { ...debian, origin: { ...debian.origin, suite: '1.0' } as const };
    const quoted = mergeLock('', { sources: { '7': [odd], true: [svn], 'a"\\ü\u2028': [url] } });
    expect(readAsWritten(quoted)).toBeDefined();
    expect(readAsWritten(quoted)).toEqual(readAsYaml(quoted, 'lock.yaml').lock);
  });

  test('is nothing else: what was changed is left to YAML, which sees a name that stands there twice', () => {
    const lines = text.split('\n');
    const where = fc.nat(text.length);
    let taken = 0;
    fc.assert(
      fc.property(
        fc.nat(lines.length - 1),
        where,
        fc.constantFrom(...Array.from(' "\\:#-{}[],\n\tax0~&*')),
        fc.nat(3),
        (line, at, char, how) => {
          const changed =
            [
              lines.toSpliced(line, 1).join('\n'),
              lines.toSpliced(line, 0, lines[at % lines.length] ?? '').join('\n'),
              text.slice(0, at) + char + text.slice(at),
              text.slice(0, at) + char + text.slice(at + 1),
            ][how] ?? '';
          const quick = readAsWritten(changed);
          if (quick === undefined) return;
          taken += 1;
          const { lock, diagnostics } = readAsYaml(changed, 'lock.yaml');
          expect(diagnostics).toEqual([]);
          expect(quick).toEqual(lock);
        },
      ),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(10);
    const twice = text.replace('"q.tree"', '"r.tree"');
    expect(readAsWritten(twice)).toBeUndefined();
    expect(parseLockfile(twice, 'lock.yaml').diagnostics).toMatchObject([{ code: 'yaml-syntax' }]);
  });

  test('has the place of a fault that JSON tells no place of', () => {
    const bad = text.replace(`"size": ${git.files[0].size}`, '"size": -1');
    const [fault] = parseLockfile(bad, 'lock.yaml').diagnostics;
    expect(fault?.code).toBe('wrong-type');
    expect(bad.slice(fault?.span.start, fault?.span.end)).toBe('-1');
  });
});

describe('a bad lockfile', () => {
  const digest = sha256('x');
  const entry = (lines: string): string => `version: 1\nsources:\n  a.tree:\n${lines}`;
  test.each([
    ['a later version', 'version: 2\n', 'lock-version', 1, 10],
    ['no mapping', '- 1\n', 'wrong-type', 1, 1],
    ['a key of nobody', 'version: 1\nsource: {}\n', 'unknown-key', 2, 1],
    ['broken YAML', 'version: 1\nsources: {\n', 'yaml-syntax', 3, 1],
    ['the same key twice', 'version: 1\nversion: 1\n', 'yaml-syntax', 2, 1],
    ['a source that is no list', entry('    url: x\n'), 'wrong-type', 4, 5],
    ['an origin of no kind', entry('    - files: []\n'), 'missing-key', 4, 7],
    [
      'a short digest',
      entry('    - url: https://x/y\n      files: [{ file: y, size: 1, sha256: abc }]\n'),
      'wrong-type',
      5,
      43,
    ],
    [
      'a negative size',
      entry(`    - url: https://x/y\n      files: [{ file: y, size: -1, sha256: ${digest} }]\n`),
      'wrong-type',
      5,
      32,
    ],
    [
      'a path upwards',
      entry(`    - debian: a@1\n      files: [{ file: ../y, size: 1, sha256: ${digest} }]\n`),
      'wrong-type',
      5,
      23,
    ],
    [
      'a commit that is none',
      entry(
        `    - git: r@v1\n      commit: v1\n      tree: ${digest}\n      files: [{ file: y, size: 1, sha256: ${digest} }]\n`,
      ),
      'wrong-type',
      5,
      15,
    ],
    [
      'a url with two files',
      entry(
        `    - url: https://x/y\n      files: [{ file: y, size: 1, sha256: ${digest} }, { file: y, size: 1, sha256: ${digest} }]\n`,
      ),
      'wrong-type',
      5,
      14,
    ],
    [
      'a package without a version',
      `version: 1\nbuildroots:\n  b:\n    suite: s\n    architecture: a\n    requested: []\n    packages: [{ name: n, file: f, size: 1, sha256: ${digest} }]\n`,
      'missing-key',
      7,
      16,
    ],
  ])('with %s is told of at its line and column', (_what, text, code, line, column) => {
    const { diagnostics } = parseLockfile(text, 'recipes/lock.yaml');
    const found = diagnostics.map((one) => ({ code: one.code, ...lineAndColumn(text, one.span.start) }));
    expect(found[0]).toEqual({ code, line, column });
    expect(diagnostics[0]?.file).toBe('recipes/lock.yaml');
  });

  test('has all of its faults told at once', () => {
    const text = `version: 1\nsources:\n  a.tree: 1\n  b.tree:\n    - urls: x\nbuildroots:\n  b: 2\n`;
    expect(parseLockfile(text, 'lock.yaml').diagnostics.length).toBeGreaterThanOrEqual(3);
  });

  test('with an alias bomb is refused', () => {
    const bomb = 'version: 1\na: &a [x,x]\nb: &b [*a,*a]\nsources: { s: *b }\n';
    expect(parseLockfile(bomb, 'lock.yaml').diagnostics.length).toBeGreaterThan(0);
  });
});
