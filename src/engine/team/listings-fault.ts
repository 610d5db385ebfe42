import { Failure } from '../../base/index.ts';
import { listingFault, readBlob, type ActionResult, type Store } from '../../store/index.ts';

/** What is wrong with the listings of folders that came from elsewhere, as the end of a sentence. */
export function listingsFault(store: Store, outputs: ActionResult['outputs']): string | undefined {
  for (const output of Object.values(outputs)) {
    if (output.type !== 'directory') continue;
    let listing: unknown;
    try {
      listing = JSON.parse(readBlob(store, output.digest));
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof Failure)) throw error;
    }
    const fault = listingFault(listing);
    if (fault !== undefined) return `names a listing ${output.digest} that ${fault}`;
  }
  return undefined;
}
