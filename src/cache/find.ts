import { Failure, type Sha256 } from '../base/index.ts';
import type { Action } from '../store/index.ts';
import { readStdoutDigest } from './action-result.ts';
import type { CacheContext } from './context.ts';
import { decodeEntry, largestEntry, type Entry } from './entry.ts';
import { isBlob } from './server.ts';
import { TooLong } from './trouble.ts';
import { entrySigner } from './signing.ts';

/** In bytes: it names every blob of an entry. */
const largestResult = 32 << 20;
const usualResult = 1 << 20;

/**
 * Asks for what the server knows of an action: two requests, one after the other. What is not sound, or not signed as it
 * has to be, is told and is a miss.
 * @throws CacheTrouble
 */
export async function findEntry(
  context: CacheContext,
  key: Sha256,
  action: Pick<Action, 'outputs'>,
): Promise<Entry | undefined> {
  const { server, options, store } = context;
  const refuse = (why: string): undefined => {
    context.onRefused({ key, message: `the entry ${key.slice(0, 12)} of ${server.name} ${why}` });
    return undefined;
  };
  try {
    const result = await server.read(`ac/${key}`, largestResult, usualResult);
    if (result === undefined) return undefined;
    const where = readStdoutDigest(result);
    if (where === undefined || where.size > largestEntry) {
      refuse('is not an entry of cidermill');
      return;
    }
    const bytes = await server.read(`cas/${where.digest}`, where.size);
    // Evicted: no server promises to keep anything.
    if (bytes === undefined) return undefined;
    if (!isBlob(bytes, where)) {
      context.wrong.add(where.digest);
      context.onRefused({
        key,
        digest: where.digest,
        message: `${server.name} has wrong bytes for ${where.digest}, the entry ${key.slice(0, 12)}`,
      });
      return undefined;
    }
    const decoded = decodeEntry(bytes, key, action);
    if (typeof decoded === 'string') {
      refuse(decoded);
      return;
    }
    if (options.trust === undefined) return decoded.entry;
    await entrySigner(store, decoded, options.trust);
    return decoded.entry;
  } catch (error) {
    if (error instanceof TooLong) {
      refuse('is too long');
      return;
    }
    if (!(error instanceof Failure) || error.code !== 'bad-signature') throw error;
    refuse(`is not signed by a key that ${options.trust ?? ''} allows`);
    return;
  }
}
