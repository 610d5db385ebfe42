import { isRecord } from '../../base/index.ts';
import { openMemo, type Store } from '../../store/index.ts';
import type { CacheUse } from '../events.ts';

/** What the last run of a project had of the team's cache. */
export interface LastUse {
  readonly pipeline: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly use: CacheUse;
}

/** @param root the project's */
export async function rememberUse(store: Store, root: string, last: LastUse): Promise<void> {
  await openMemo(store, 'cache').set(root, JSON.stringify(last));
}

export function lastUse(store: Store, root: string): LastUse | undefined {
  const text = openMemo(store, 'cache').get(root);
  if (text === undefined) return undefined;
  try {
    const last = JSON.parse(text) as unknown;
    return isRecord(last) && isRecord(last['use']) ? (last as unknown as LastUse) : undefined;
  } catch {
    return undefined;
  }
}
