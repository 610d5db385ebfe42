import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { roomInRoot } from '../../../src/engine/step/room-in-root.ts';
import { freshFolder } from '../../rig/folder.ts';

function makeRoot(): string {
  const root = freshFolder();
  mkdirSync(join(root, 'usr/share/doc'), { recursive: true });
  writeFileSync(join(root, 'usr/share/doc/a'), 'of the root\n');
  writeFileSync(join(root, 'usr/share/b'), 'b\n');
  symlinkSync('doc', join(root, 'usr/share/link'));
  return root;
}

/** What a shell says in a sandbox with the root's /usr and one file more; its own programs are the host's, elsewhere. */
function inside(root: string, path: string, command: string): string {
  const given = join(freshFolder(), 'given');
  writeFileSync(given, 'given\n');
  const { begin, end } = roomInRoot(root, [path]);
  return execFileSync(
    'bwrap',
    [
      ...[
        '--unshare-all',
        '--ro-bind',
        join(root, 'usr'),
        '/usr',
        ...begin,
        '--ro-bind',
        given,
        path,
        ...end,
      ],
      ...['--ro-bind', '/usr', '/host', '--symlink', 'host/lib', '/lib', '--symlink', 'host/lib64', '/lib64'],
      ...['--setenv', 'PATH', '/host/bin', '/host/bin/sh', '-c', `{ ${command}; } 2>&1`],
    ],
    { encoding: 'utf8' },
  );
}

describe('a file that a root has no place for', () => {
  it('is shown beside all that is there, and nothing else can be put there', () => {
    const said = inside(
      makeRoot(),
      '/usr/share/nodejs/deep/lexer.js',
      'cat /usr/share/nodejs/deep/lexer.js /usr/share/link/a /usr/share/b; ls /usr/share; touch /usr/share/c || true',
    );
    expect(said).toMatch(/^given\nof the root\nb\nb\ndoc\nlink\nnodejs\n.*Read-only file system\n$/);
  });

  it('is shown over one that is there, without a mount of its folder', () => {
    const root = makeRoot();
    expect(roomInRoot(root, ['/usr/share/b'])).toEqual({ begin: [], end: [] });
    expect(inside(root, '/usr/share/b', 'cat /usr/share/b')).toBe('given\n');
  });

  it('needs no room where the root has none of its folders', () => {
    expect(roomInRoot(makeRoot(), ['/opt/x'])).toEqual({ begin: [], end: [] });
  });
});
