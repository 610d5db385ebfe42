import type { Sha256 } from '../base/index.ts';
import { wholeResults, type ActionResult, type Store } from '../store/index.ts';
import { holds } from './ancestry.ts';

/** The artifact that holds a file with this digest: of several the one that was made first. */
export function findResult(store: Store, digest: Sha256): ActionResult | undefined {
  return wholeResults(store)
    .filter((result) => holds(store, result, digest))
    .sort((a, b) => (a.started < b.started ? -1 : 1))[0];
}
