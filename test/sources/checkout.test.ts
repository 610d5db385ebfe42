import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  ensureFiles,
  ensureSourceTree,
  lockOrigin,
  sourceDigest,
  type LockedOrigin,
} from '../../src/sources/index.ts';
import { blobPath } from '../../src/store/index.ts';
import { freshContext } from './store-rig.ts';

const context = freshContext();
const { folder, store } = context;

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...identity, ...args], {
    cwd: join(folder, 'repository'),
    encoding: 'utf8',
  }).trim();
}

function write(below: string, path: string, text: string): void {
  writeFileSync(join(folder, below, path), text);
}

/** Loses what the store has of it, as after a fresh clone. */
function forget(locked: LockedOrigin): void {
  if (locked.kind !== 'local') for (const { sha256 } of locked.files) rmSync(blobPath(store, sha256));
}

describe('a git commit', () => {
  const repository = pathToFileURL(join(folder, 'repository')).href;
  let first = '';

  beforeAll(() => {
    mkdirSync(join(folder, 'repository/sub/deep'), { recursive: true });
    git('init', '--quiet');
    write('repository', 'run', '#!/bin/sh\n');
    chmodSync(join(folder, 'repository/run'), 0o755);
    write('repository', 'sub/deep/text', 'one\n');
    write('repository', 'hidden', 'not exported');
    write('repository', '.gitattributes', 'hidden export-ignore\n');
    symlinkSync('sub/deep', join(folder, 'repository/link'));
    git('add', '.');
    git('commit', '--quiet', '-m', 'first');
    first = git('rev-parse', 'HEAD');
    git('tag', '-a', '-m', 'v1', 'v1');
    write('repository', 'sub/deep/text', 'two\n');
    git('commit', '--quiet', '-a', '-m', 'second');
  });

  test.each([
    ['a tag', () => 'v1'],
    ['a commit that no branch ends with', () => first],
    ['a short commit', () => first.slice(0, 12)],
  ])('named by %s is locked as the commit and its tree, and unpacked', async (_what, revision) => {
    const locked = await lockOrigin({ kind: 'git', repository, revision: revision() }, context);
    expect(locked).toMatchObject({ kind: 'git', commit: first });
    const tree = await ensureSourceTree(locked, context);
    expect(readdirSync(tree).sort()).toEqual(['.gitattributes', 'link', 'run', 'sub']);
    expect(readFileSync(join(tree, 'link/text'), 'utf8')).toBe('one\n');
    expect(statSync(join(tree, 'run')).mode & 0o777).toBe(0o755);
  });

  test('is fetched again to the same bytes when the store has lost it, and never from a moved branch', async () => {
    const locked = await lockOrigin({ kind: 'git', repository, revision: 'main' }, context);
    write('repository', 'sub/deep/text', 'three\n');
    git('commit', '--quiet', '-a', '-m', 'third');
    forget(locked);
    await ensureFiles(locked, context);
    expect(readFileSync(join(await ensureSourceTree(locked, context), 'sub/deep/text'), 'utf8')).toBe(
      'two\n',
    );
  });

  test('whose tree is not the one that was locked is refused', async () => {
    const locked = await lockOrigin({ kind: 'git', repository, revision: 'main' }, context);
    if (locked.kind !== 'git') throw new Error(locked.kind);
    forget(locked);
    await expect(ensureFiles({ ...locked, commit: first }, context)).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
  });

  test('that does not exist, or would be read as an option, is a Failure', async () => {
    const lock = (revision: string) => lockOrigin({ kind: 'git', repository, revision }, context);
    await expect(lock('v2')).rejects.toMatchObject({ code: 'no-revision' });
    await expect(lock('--upload-pack=touch x')).rejects.toMatchObject({ code: 'bad-revision' });
    const elsewhere = { kind: 'git', repository: `${repository}-not-there`, revision: 'main' } as const;
    await expect(lockOrigin(elsewhere, context)).rejects.toMatchObject({ code: 'fetch-failed' });
  });

  test('leaves nothing temporary in the store', () => {
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([]);
  });
});

describe('a Subversion revision', () => {
  const repository = `${pathToFileURL(join(folder, 'svn')).href}/trunk`;

  beforeAll(() => {
    const work = join(folder, 'svn-work');
    execFileSync('svnadmin', ['create', join(folder, 'svn')]);
    mkdirSync(work);
    writeFileSync(join(work, 'text'), 'one\n');
    writeFileSync(join(work, 'run'), '#!/bin/sh\n', { mode: 0o755 });
    execFileSync('svn', ['import', '--quiet', '-m', 'first', work, repository]);
  });

  test('is locked as its tree, unpacked, and fetched again to the same bytes', async () => {
    const locked = await lockOrigin({ kind: 'svn', repository, revision: 1 }, context);
    forget(locked);
    const tree = await ensureSourceTree(locked, context);
    expect(readFileSync(join(tree, 'text'), 'utf8')).toBe('one\n');
    expect(statSync(join(tree, 'run')).mode & 0o777).toBe(0o755);
  });

  test('that does not exist is a Failure that no retry mends', async () => {
    await expect(lockOrigin({ kind: 'svn', repository, revision: 9 }, context)).rejects.toMatchObject({
      code: 'fetch-failed',
      temporary: false,
    });
  });
});

describe('a file or folder of the project', () => {
  const origin = { kind: 'local', path: 'local' } as const;
  const digest = async () => sourceDigest(await lockOrigin(origin, context));

  beforeAll(() => {
    mkdirSync(join(folder, 'local/sub'), { recursive: true });
    write('local', 'sub/text', 'one');
    symlinkSync('sub/text', join(folder, 'local/link'));
  });

  test('has another digest when a byte, a name, an executable bit or a link changes, and no other for a new date', async () => {
    const seen = new Set([await digest()]);
    write('local', 'sub/text', 'one');
    seen.add(await digest());
    expect(seen.size).toBe(1);
    write('local', 'sub/text', 'two');
    seen.add(await digest());
    chmodSync(join(folder, 'local/sub/text'), 0o755);
    seen.add(await digest());
    rmSync(join(folder, 'local/link'));
    symlinkSync('sub', join(folder, 'local/link'));
    seen.add(await digest());
    mkdirSync(join(folder, 'local/empty'));
    seen.add(await digest());
    expect(seen.size).toBe(5);
  });

  test('is copied into the store as it is; a single file into a folder of its own', async () => {
    const tree = await ensureSourceTree(await lockOrigin(origin, context), context);
    expect(readFileSync(join(tree, 'sub/text'), 'utf8')).toBe('two');
    const single = await ensureSourceTree(
      await lockOrigin({ kind: 'local', path: 'local/sub/text' }, context),
      context,
    );
    expect(readdirSync(single)).toEqual(['text']);
  });

  test('is refused when it lies outside, is not there, or a link in it leads out', async () => {
    const lock = async (path: string) => lockOrigin({ kind: 'local', path }, context);
    await expect(lock('../x')).rejects.toMatchObject({ code: 'no-file' });
    await expect(lock('/etc')).rejects.toMatchObject({ code: 'no-file' });
    await expect(lock('not-there')).rejects.toMatchObject({ code: 'no-file' });
    symlinkSync('../../../etc', join(folder, 'local/out'));
    await expect(lock('local')).rejects.toMatchObject({ code: 'hostile-tree' });
  });
});
