import { setTimeout as wait } from 'node:timers/promises';

/**
 * Linux tells the times of two writes apart by its timer tick, at most this many milliseconds. What was written less than
 * a tick before it was read may change again and look the same.
 */
export const timerTick = 20;

/**
 * Waits until a file that was written just now would get another time by the next write.
 *
 * @param written when, in milliseconds since 1970
 */
export async function settle(written: number): Promise<void> {
  if (Date.now() - written < timerTick) await wait(timerTick);
}
