import { setTimeout as pause } from 'node:timers/promises';
import type { LineLog } from '../process/line-log.ts';
import { isKeyAction, type KeyAction, type BootStep } from './boot-step.ts';
import { lineMatches, type Milestone, type Reached } from './milestones.ts';

/** Where a watch looks. All but `console` is asked again and again while a milestone waits there. */
interface Observer {
  readonly console: LineLog;
  readonly serial: LineLog;
  /** Brings `serial` up to date. */
  readSerial(): Promise<void>;
  readScreen(): Promise<readonly string[]>;
  /** Width and height in pixels. */
  readDisplay(): Promise<{ readonly width: number; readonly height: number }>;
  /** Has the guest ended, so that nothing more will come? */
  ended(): boolean;
}

/** How a watch ended: all seen, the guest said that it gives up, or it ended. */
export type WatchResult =
  | { readonly kind: 'all-seen' }
  | { readonly kind: 'gave-up'; readonly missing: BootStep; readonly said: string }
  | { readonly kind: 'ended'; readonly missing: BootStep };

type Stream = 'console' | 'serial';

const lookEvery = 200;

/**
 * Waits for milestones in their order and does what stands between them. On a console each milestone must stand on a
 * line after the one before it.
 * @param perform do the actions, one at a time
 * @param givesUp what the guest writes when it knows that the rest will not come
 * @param signal ends the watch; its reason is thrown
 */
export async function watch(
  observer: Observer,
  steps: readonly BootStep[],
  perform: (action: KeyAction) => Promise<void>,
  givesUp: readonly Omit<Milestone, 'name'>[],
  onReached: (reached: Omit<Reached, 'milliseconds'>) => void,
  signal: AbortSignal,
): Promise<WatchResult> {
  const next: Record<Stream, number> = { console: 0, serial: 0 };

  /** Of a stream only lines before number `until` count. */
  async function find(
    { where, pattern }: Omit<Milestone, 'name'>,
    until: Readonly<Record<Stream, number>>,
  ): Promise<string | undefined> {
    if (where === 'screen' || where === 'display') {
      if (observer.ended()) return undefined;
      const lines =
        where === 'screen' ? await observer.readScreen() : [sizeText(await observer.readDisplay())];
      return lines.find((line) => lineMatches(line, pattern));
    }
    const line = observer[where]
      .since(next[where])
      .find(({ number, text }) => number < until[where] && lineMatches(text, pattern));
    if (line !== undefined) next[where] = line.number + 1;
    return line?.text;
  }

  for (const step of steps) {
    if (isKeyAction(step)) {
      signal.throwIfAborted();
      if (observer.ended()) return { kind: 'ended', missing: step };
      await perform(step);
      continue;
    }
    for (;;) {
      signal.throwIfAborted();
      // Asked first: what the guest wrote before its end is then all there.
      const ended = observer.ended();
      if ([step, ...givesUp].some(({ where }) => where === 'serial')) await observer.readSerial();
      // One look is at what has been written by now. Reading the screen takes time, and a guest that meanwhile writes
      // this milestone, others, and that it gives up, has passed the milestones first.
      const until = { console: observer.console.length, serial: observer.serial.length };
      const seen = await find(step, until);
      if (seen !== undefined) {
        onReached({ milestone: step.name, where: step.where, seen });
        break;
      }
      for (const each of givesUp) {
        const said = await find(each, until);
        if (said !== undefined) return { kind: 'gave-up', missing: step, said };
      }
      if (ended) return { kind: 'ended', missing: step };
      await linesOrPause(observer.console, signal);
    }
  }
  return { kind: 'all-seen' };
}

function sizeText({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${width}x${height}`;
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
