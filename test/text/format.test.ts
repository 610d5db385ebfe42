import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAmount,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatEstimate,
  formatPercent,
  formatRate,
} from '../../src/text/format.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0.00 s'],
    [310, '0.31 s'],
    [994, '0.99 s'],
    [995, '1.0 s'],
    [4_200, '4.2 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min 0 s'],
    [252_000, '4 min 12 s'],
    [3_599_400, '59 min 59 s'],
    [3_599_500, '1 h 00 min'],
    [3_900_000, '1 h 05 min'],
    [-1, '–'],
    [NaN, '–'],
    [Infinity, '–'],
  ])('says %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

it.each([
  [1, '1 s'],
  [9_000, '9 s'],
  [93_001, '1 min 34 s'],
])('estimates %d ms in whole seconds: %s', (milliseconds, text) => {
  expect(formatEstimate(milliseconds)).toBe(text);
});

it.each([
  [999, '0:00'],
  [7_000, '0:07'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
])('shows %d ms on a clock as %s', (milliseconds, text) => {
  expect(formatClock(milliseconds)).toBe(text);
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [262_144, '256 KiB'],
    [1_048_575, '1.0 MiB'],
    [4_700_000_000, '4.4 GiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
    [-1, '–'],
    [NaN, '–'],
  ])('says %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('needs at most nine columns below an exbibyte and is right to half a percent or half a byte', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 60, noNaN: true, maxExcluded: true }), (bytes) => {
        const text = formatBytes(bytes);
        const [value = '', unit = ''] = text.split(' ');
        const power = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].indexOf(unit);
        expect(text.length).toBeLessThanOrEqual(9);
        expect(Math.abs(Number(value) * 1024 ** power - bytes)).toBeLessThanOrEqual(0.5 + bytes * 0.05);
      }),
    );
  });
});

it.each([
  [13_000_000, 'bytes', '12.4 MiB/s'],
  [8.2, 'steps', '8.2 steps/s'],
  [1234, 'steps', '1234 steps/s'],
  [0.05, 'milestones', '3.0 milestones/min'],
  [0, 'steps', '0.0 steps/s'],
  [NaN, 'steps', '–'],
])('says %d per second of %s as %s', (perSecond, unit, text) => {
  expect(formatRate(perSecond, unit)).toBe(text);
});

it('says amounts in the unit of the whole', () => {
  expect(formatAmount(655_360, 60_923_904, 'bytes')).toBe('0.6 of 58.1 MiB');
  expect(formatAmount(412, 1283, 'steps', '/')).toBe('412/1283 steps');
  expect(formatAmount(412, undefined, 'steps')).toBe('412 steps');
  expect(formatAmount(1024, undefined, 'bytes')).toBe('1.0 KiB');
});

it('says 100 % only when all is done', () => {
  expect(formatPercent(1282, 1283)).toBe('99 %');
  expect(formatPercent(1283, 1283)).toBe('100 %');
  expect(formatPercent(0, 0)).toBe('100 %');
});

it('counts one step and two steps', () => {
  expect([0, 1, 2].map((count) => formatCount(count, 'step'))).toEqual(['0 steps', '1 step', '2 steps']);
});
