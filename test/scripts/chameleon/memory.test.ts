import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';

const helpers = join(import.meta.dirname, '../../../recipes/chameleon');
const size = 64;

/** Bytes from and to which so many are moved, or so many of which become zero. */
const move = fc
  .tuple(fc.nat(size), fc.nat(size), fc.nat(size))
  .map(([from, to, length]) => ({ from, to, length: Math.min(length, size - Math.max(from, to)) }));

describe('what clang expects to move and to zero memory with', () => {
  it('does it, whichever way the two overlap', () => {
    const start = Buffer.from(Array.from({ length: size }, (_, index) => index + 1));
    const moves = fc.sample(move, 2000);
    const expected = moves.flatMap(({ from, to, length }) => [
      Buffer.from(start).copyWithin(to, from, from + length),
      Buffer.from(start).fill(0, to, to + length),
    ]);
    expect(run(moves)).toEqual(expected.map((bytes) => bytes.toString('hex')));
  });
});

/** Compiled for this machine, under names that its own library does not have. */
function run(moves: readonly { from: number; to: number; length: number }[]): string[] {
  const folder = freshFolder();
  const main = `
    #include <stdio.h>
    void *our_memmove(void *, const void *, unsigned long);
    void our_bzero(void *, unsigned long);
    static unsigned char bytes[${size}];
    static void fresh(void) { for (int i = 0; i < ${size}; i++) bytes[i] = i + 1; }
    static void show(void) { for (int i = 0; i < ${size}; i++) printf("%02x", bytes[i]); printf("\\n"); }
    int main(void) {
      unsigned long from, to, length;
      while (scanf("%lu %lu %lu", &from, &to, &length) == 3) {
        fresh();
        if (our_memmove(bytes + to, bytes + from, length) != bytes + to) return 1;
        show();
        fresh();
        our_bzero(bytes + to, length);
        show();
      }
    }`;
  writeFileSync(join(folder, 'main.c'), main);
  const sources = ['memmove', 'bzero'].map((name) => join(helpers, `${name}.c`));
  const renamed = ['-Dmemmove=our_memmove', '-D__bzero=our_bzero'];
  execFileSync('gcc', ['-O1', ...renamed, '-o', 'move', 'main.c', ...sources], { cwd: folder });
  const input = moves.map(({ from, to, length }) => `${from} ${to} ${length}`).join('\n');
  return execFileSync(join(folder, 'move'), { input, encoding: 'utf8' }).trim().split('\n');
}
