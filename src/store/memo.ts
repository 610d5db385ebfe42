import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './actions.ts';
import type { Store } from './layout.ts';

/** Small facts that are cheap to lose and dear to find out again: a tool's version, a user's file's digest. */
export interface Memo {
  get(identity: string): string | undefined;
  set(identity: string, value: string): Promise<void>;
}

/** The newest facts a memo keeps. */
const mostFacts = 1000;

/** Opens the memo of that name. Two processes that write at once lose a fact at the most, never the file. */
export function openMemo(store: Store, name: string): Memo {
  const path = join(store.root, 'history', `${name}.json`);
  let facts: Map<string, string> | undefined;
  const read = (): Map<string, string> => {
    try {
      return new Map(JSON.parse(readFileSync(path, 'utf8')) as [string, string][]);
    } catch {
      return new Map();
    }
  };
  return {
    get: (identity) => (facts ??= read()).get(identity),
    set: async (identity, value) => {
      facts = read().set(identity, value);
      await writeWhole(store, path, JSON.stringify([...facts].slice(-mostFacts)));
    },
  };
}
