import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareKernels,
  parseKernelVersion,
  showSeries,
  versionOfMakefile,
} from '../../../src/host/kernel/index.ts';

describe("a kernel's version", () => {
  it.each([
    ['6.1.0-50-amd64', [6, 1, 0], '6.1'],
    ['5.10.223', [5, 10, 223], '5.10'],
    ['2.6.37', [2, 6, 37], '2.6.37'],
    ['3.10', [3, 10, 0], '3.10'],
    ['6.18.44-fc-v509', [6, 18, 44], '6.18'],
  ])('is read from %s', (text, version, series) => {
    expect(parseKernelVersion(text)).toEqual(version);
    expect(showSeries(parseKernelVersion(text))).toBe(series);
  });

  it('is not read from what has none', () => {
    for (const text of ['', 'linux', '-6.1', '6', '6.', '99999.1'])
      expect(() => parseKernelVersion(text)).toThrow(/is not the version of a kernel/);
  });

  it('is ordered by its numbers and not by its letters', () => {
    const version = fc.tuple(fc.nat(9), fc.nat(99), fc.nat(999));
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [left, right] = [a, b].map((numbers) => parseKernelVersion(numbers.join('.')));
        const whole = ([x, y, z]: readonly number[]): number => (x ?? 0) * 1e6 + (y ?? 0) * 1e3 + (z ?? 0);
        expect(Math.sign(compareKernels(left as never, right as never))).toBe(Math.sign(whole(a) - whole(b)));
      }),
    );
  });

  it("is put together from a tree's Makefile, and a file that sets none is no kernel's", () => {
    expect(versionOfMakefile('VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 176\nEXTRAVERSION =\n')).toBe(
      '6.1.176',
    );
    expect(() => versionOfMakefile('all:\n')).toThrow(/not a kernel tree/);
  });
});
