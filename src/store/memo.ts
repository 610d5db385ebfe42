import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from './layout.ts';
import { readSummed, withSum, writeWhole } from './whole-file.ts';

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
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return new Map();
    }
    const memo = readSummed(text) as { readonly facts: readonly [string, string][] } | undefined;
    return new Map(memo?.facts);
  };
  return {
    get: (identity) => (facts ??= read()).get(identity),
    set: async (identity, value) => {
      if (store.readOnly) {
        (facts ??= read()).set(identity, value);
        return;
      }
      facts = read().set(identity, value);
      await writeWhole(store, path, withSum(JSON.stringify({ facts: [...facts].slice(-mostFacts) })));
    },
  };
}
