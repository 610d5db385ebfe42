import type { Sha256 } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import type { CacheServer, Limits } from './server.ts';
import type { Tally } from './tally.ts';

/** How a team's cache is used. */
export interface CacheOptions {
  /** Where it is: http or https, without a slash at its end and without a user. */
  readonly url: string;
  /** The value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** For how many milliseconds a server that cannot be reached is asked again; else not at all. */
  readonly patience?: number | undefined;
  readonly limits?: Limits | undefined;
  /** Send what is made here. */
  readonly push: boolean;
  /** Absolute: the SSH key to sign entries with. */
  readonly sign?: string | undefined;
  /** Absolute: the file of allowed signers. With it, what none of them signed is a miss. */
  readonly trust?: string | undefined;
}

/** An entry or a blob of the server that was not taken. */
export interface Refused {
  readonly key?: Sha256;
  readonly digest?: Sha256;
  /** What is wrong, as a sentence. */
  readonly message: string;
}

/** What every part of the cache works with. */
export interface CacheContext {
  readonly options: CacheOptions;
  readonly store: Store;
  readonly server: CacheServer;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Told once for each. */
  readonly onRefused: (refused: Refused) => void;
  /** Blobs of which the server has other bytes: they are sent anew, though it has something under their names. */
  readonly wrong: Set<Sha256>;
  /** Blobs that the server is known to have. */
  readonly there: Set<Sha256>;
}
