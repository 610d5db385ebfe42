/**
 * How fast something gets done, smoothed: what happened `memory` ago counts 1/e of what happens now, so that the rate
 * follows a change within seconds and does not jump with every chunk.
 */
export interface Rate {
  /** Of the last observation, in milliseconds. */
  readonly time: number;
  readonly done: number;
  /** Done since the first observation, faded. */
  readonly amount: number;
  /** Milliseconds since the first observation, faded alike. */
  readonly span: number;
}

/** In milliseconds. */
const memory = 15_000;
/** Below this much observed time, in milliseconds, a rate is chance. */
const leastSpan = 1_000;
/** Silence shorter than this, in milliseconds, says nothing about the rate. */
const patience = 5_000;

/** The rate with one more observation; starts again when `done` went back, as it does when another file begins. */
export function observe(rate: Rate | undefined, time: number, done: number): Rate {
  if (rate === undefined || done < rate.done) return { time, done, amount: 0, span: 0 };
  const passed = Math.max(0, time - rate.time);
  const kept = Math.exp(-passed / memory);
  // The mean weight of the time that passed, as if the work had been spread evenly over it.
  const weight = passed === 0 ? 1 : (1 - kept) * (memory / passed);
  return {
    time: Math.max(time, rate.time),
    done,
    amount: rate.amount * kept + (done - rate.done) * weight,
    span: rate.span * kept + passed * weight,
  };
}

/** Done per second, as seen at a time; undefined while there is too little to tell. */
export function perSecond(rate: Rate | undefined, now: number): number | undefined {
  if (rate === undefined || rate.span < leastSpan) return undefined;
  const stalled = Math.max(0, now - rate.time - patience);
  return (rate.amount / (rate.span + stalled)) * 1000;
}

/** Milliseconds until `total` is done, as seen at a time; undefined when nothing can be said. */
export function timeLeft(rate: Rate | undefined, total: number, now: number): number | undefined {
  if (rate === undefined) return undefined;
  if (rate.done >= total) return 0;
  const speed = perSecond(rate, now);
  if (speed === undefined || speed <= 0) return undefined;
  const left = ((total - rate.done) / speed) * 1000 - Math.max(0, now - rate.time);
  return Number.isFinite(left) && left > 0 ? left : undefined;
}
