import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';

const names = ['__udivdi3', '__umoddi3', '__divdi3', '__moddi3'] as const;
const source = join(import.meta.dirname, '../../../recipes/chameleon/division.c');

describe('division of 64 bits', () => {
  it('is what arithmetic says, of all four functions', () => {
    const edges = [
      0n,
      1n,
      2n,
      3n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 32n,
      2n ** 63n - 1n,
      2n ** 63n,
      2n ** 64n - 1n,
    ];
    const number = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    const divisor = number.filter((value) => value > 0n);
    const pairs = [
      ...edges.flatMap((a) => edges.slice(1).map((b): [bigint, bigint] => [a, b])),
      ...fc.sample(fc.tuple(number, divisor), 2000),
      // Divisors far smaller than the dividend.
      ...fc.sample(fc.tuple(number, fc.bigInt({ min: 1n, max: 0xffffn })), 500),
    ].filter(([a, b]) => BigInt.asIntN(64, a) !== -(2n ** 63n) || BigInt.asIntN(64, b) !== -1n);
    const said = divide(pairs);
    const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
    const unsigned = (value: bigint): string => BigInt.asUintN(64, value).toString();
    const expected = pairs.map(([a, b]) =>
      [a / b, a % b, signed(a) / signed(b), signed(a) % signed(b)].map(unsigned).join(' '),
    );
    expect(said).toEqual(expected);
  });
});

/** Compiled for this machine, under names that its own library does not have. */
function divide(pairs: readonly (readonly [bigint, bigint])[]): string[] {
  const folder = freshFolder();
  const main = `
    #include <stdio.h>
    ${names.map((name) => `unsigned long long our${name}(unsigned long long, unsigned long long);`).join('\n')}
    int main(void) {
      unsigned long long a, b;
      while (scanf("%llu %llu", &a, &b) == 2)
        printf("%llu %llu %llu %llu\\n", ${names.map((name) => `our${name}(a, b)`).join(', ')});
    }`;
  writeFileSync(join(folder, 'main.c'), main);
  const renamed = [...names, '__udivmoddi4'].map((name) => `-D${name}=our${name}`);
  execFileSync('gcc', ['-O1', ...renamed, '-c', '-o', 'division.o', source], { cwd: folder });
  execFileSync('gcc', ['-O1', '-o', 'divide', 'main.c', 'division.o'], { cwd: folder });
  const input = pairs.map(([a, b]) => `${a} ${b}`).join('\n');
  return execFileSync(join(folder, 'divide'), { input, encoding: 'utf8' }).trim().split('\n');
}
