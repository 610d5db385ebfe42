import { setTimeout as pause } from 'node:timers/promises';
import type { LineLog } from './line-log.ts';
import { lineMatches, type Milestone, type Reached, type Where } from './milestones.ts';

/** Where a watch looks. `screen` and `serial` are asked again and again while a milestone waits there. */
interface Sight {
  readonly console: LineLog;
  readonly serial: LineLog;
  /** Brings `serial` up to date. */
  readSerial(): Promise<void>;
  readScreen(): Promise<readonly string[]>;
  /** Has the guest ended, so that nothing more will come? */
  ended(): boolean;
}

/** How a watch ended: all seen, the guest said that it gives up, or it ended. */
export type Verdict =
  | { readonly kind: 'all-seen' }
  | { readonly kind: 'gave-up'; readonly missing: Milestone; readonly said: string }
  | { readonly kind: 'ended'; readonly missing: Milestone };

const lookEvery = 200;

/**
 * Waits for milestones in their order. On a console each must stand on a line after the one before it.
 * @param givesUp what the guest writes when it knows that the rest will not come
 * @param signal ends the watch; its reason is thrown
 */
export async function watch(
  sight: Sight,
  milestones: readonly Milestone[],
  givesUp: Omit<Milestone, 'name'> | undefined,
  onReached: (reached: Omit<Reached, 'milliseconds'>) => void,
  signal: AbortSignal,
): Promise<Verdict> {
  const next: Record<'console' | 'serial', number> = { console: 0, serial: 0 };

  async function find(where: Where, pattern: string | RegExp): Promise<string | undefined> {
    if (where === 'screen') {
      return sight.ended()
        ? undefined
        : (await sight.readScreen()).find((line) => lineMatches(line, pattern));
    }
    if (where === 'serial') await sight.readSerial();
    const line = sight[where].since(next[where]).find(({ text }) => lineMatches(text, pattern));
    if (line !== undefined) next[where] = line.number + 1;
    return line?.text;
  }

  for (const milestone of milestones) {
    for (;;) {
      signal.throwIfAborted();
      // Asked first: what the guest wrote before its end is then all there.
      const ended = sight.ended();
      const seen = await find(milestone.where, milestone.pattern);
      if (seen !== undefined) {
        onReached({ milestone: milestone.name, where: milestone.where, seen });
        break;
      }
      const said = givesUp && (await find(givesUp.where, givesUp.pattern));
      if (said !== undefined) return { kind: 'gave-up', missing: milestone, said };
      if (ended) return { kind: 'ended', missing: milestone };
      await linesOrPause(sight.console, signal);
    }
  }
  return { kind: 'all-seen' };
}

async function linesOrPause(log: LineLog, signal: AbortSignal): Promise<void> {
  const waiting = new AbortController();
  const stop = log.onLines(() => waiting.abort());
  try {
    await pause(lookEvery, undefined, { signal: AbortSignal.any([waiting.signal, signal]) });
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  } finally {
    stop();
  }
}
