import type { Redis } from 'ioredis';
import type { Sha256 } from '../../base/index.ts';
import type { UntimedEvent } from '../../engine/context.ts';
import { names } from '../redis/names.ts';
import type { Outcome, Told } from '../job/outcome.ts';

/** Between two messages with lines of a log, in milliseconds. */
const interval = 200;
/** Of a message: more lines are dropped, and longer ones cut. The whole log goes through the cache. */
const mostLines = 200;
const longestLine = 2000;

/** Tells the coordinators what becomes of an action. */
export interface Teller {
  emit(event: UntimedEvent): void;
  giveBack(): void;
  end(outcome: Outcome): Promise<void>;
}

/** @param redis told while it can be reached: what is not heard is not told again, but for the end */
export function openTeller(redis: Redis, key: Sha256, worker: string): Teller {
  let lines: string[] = [];
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  const tell = (told: Told): void => {
    if (redis.status !== 'ready') return;
    redis.publish(names.told(key), JSON.stringify(told)).catch(() => undefined);
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines.length === 0) return;
    const more = dropped === 0 ? [] : [`[${dropped} more lines are in the log]`];
    tell({ type: 'lines', lines: [...lines, ...more] });
    lines = [];
    dropped = 0;
  };
  return {
    emit: (event) => {
      switch (event.type) {
        case 'step-started':
          tell({ type: 'started', worker });
          return;
        case 'step-event':
          flush();
          tell({ type: 'event', event: event.event });
          return;
        case 'step-output':
          if (lines.length < mostLines) lines.push(event.line.slice(0, longestLine));
          else dropped += 1;
          timer ??= setTimeout(flush, interval);
          return;
        case 'step-fetching': {
          const { source, what, done, total } = event;
          tell({ type: 'fetching', source, what, done, ...(total === undefined ? {} : { total }) });
          return;
        }
        default:
          return;
      }
    },
    giveBack: () => tell({ type: 'given-back', worker }),
    end: async (outcome) => {
      flush();
      await redis.publish(names.told(key), JSON.stringify({ type: 'ended', outcome } satisfies Told));
    },
  };
}
