import { sha256 } from '../../base/index.ts';
import { askCache, authorizationOf } from '../../cache/index.ts';
import type { Store } from '../../store/index.ts';
import type { TeamSettings } from './team-settings.ts';

/** What a server says to a question whose answer does not matter. */
export interface ServerAnswer {
  readonly ready: boolean;
  /** A sentence. */
  readonly message: string;
  /** Until the answer. */
  readonly milliseconds: number;
}

/** Asks the team's cache for an action that nobody has. */
export async function askServer(
  store: Store,
  settings: TeamSettings,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const { header, withheld } = authorizationOf(settings.url, process.env, settings.named);
  const start = performance.now();
  const fault = await askCache({ ...settings, authorization: header, signal }, `ac/${sha256(store.root)}`);
  const milliseconds = Math.round(performance.now() - start);
  const how =
    header === undefined
      ? 'without credentials'
      : `with ${header.split(' ')[0] === 'Bearer' ? 'a token' : 'a password'}`;
  const message = fault ?? `it answers within ${milliseconds} ms, asked ${how}`;
  return {
    ready: fault === undefined,
    message: withheld === undefined ? message : `${message}. ${withheld}`,
    milliseconds,
  };
}
