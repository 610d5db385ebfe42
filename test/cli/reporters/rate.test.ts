import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observe, perSecond, timeLeft, type Rate } from '../../../src/cli/reporters/rate.ts';

/** Observations of `speed` per second, one each `each` milliseconds. */
function steady(speed: number, each: number, until: number, before?: Rate, base = 0): Rate | undefined {
  let rate = before;
  const [time, done] = before === undefined ? [0, base] : [before.time, before.done];
  for (let passed = 0; passed <= until; passed += each)
    rate = observe(rate, time + passed, done + (passed / 1000) * speed);
  return rate;
}

describe('a rate', () => {
  it('is not known before a second of it was seen', () => {
    expect(perSecond(undefined, 0)).toBeUndefined();
    const rate = observe(observe(undefined, 0, 0), 900, 90);
    expect(perSecond(rate, 900)).toBeUndefined();
    expect(timeLeft(rate, 100, 900)).toBeUndefined();
  });

  it('of a steady step is its speed, however often it is seen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 10, max: 4_000 }), (speed, each) => {
        const rate = steady(speed, each, 40_000);
        expect(perSecond(rate, rate?.time ?? 0)).toBeCloseTo(speed, 3);
      }),
    );
  });

  it('follows a change within a minute and does not jump at once', () => {
    const slow = steady(10, 500, 60_000);
    const soon = steady(100, 500, 1_000, slow);
    const later = steady(100, 500, 60_000, slow);
    expect(perSecond(soon, soon?.time ?? 0)).toBeLessThan(30);
    expect(perSecond(later, later?.time ?? 0)).toBeGreaterThan(95);
  });

  it('sinks when nothing comes any more, and the time left becomes unknown', () => {
    const rate = steady(10, 500, 30_000);
    expect(perSecond(rate, 34_000)).toBeCloseTo(10, 3);
    expect(perSecond(rate, 60_000)).toBeLessThan(5);
    expect(timeLeft(rate, 400, 600_000)).toBeUndefined();
  });

  it('starts again when another file begins', () => {
    const rate = steady(10, 500, 30_000);
    expect(perSecond(observe(rate, 31_000, 0), 31_000)).toBeUndefined();
  });
});

describe('the time left', () => {
  it('counts down between observations', () => {
    const rate = steady(10, 500, 30_000);
    expect(timeLeft(rate, 400, 30_000)).toBeCloseTo(10_000, 0);
    expect(timeLeft(rate, 400, 33_000)).toBeCloseTo(7_000, 0);
  });

  it('is nothing when all is done', () => {
    expect(timeLeft(observe(undefined, 0, 5), 5, 0)).toBe(0);
  });

  it('is positive and finite or unknown, whatever was observed', () => {
    const moment = fc.tuple(
      fc.integer({ min: -9_000, max: 90_000 }),
      fc.double({ min: 0, max: 1e300, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(moment), fc.integer({ min: -9_000, max: 90_000 }), (moments, now) => {
        let rate: Rate | undefined;
        for (const [time, done] of moments) rate = observe(rate, time, done);
        const left = timeLeft(rate, 1e300, now);
        const speed = perSecond(rate, now);
        expect(left === undefined || (left >= 0 && Number.isFinite(left))).toBe(true);
        expect(speed === undefined || speed >= 0).toBe(true);
      }),
    );
  });
});
