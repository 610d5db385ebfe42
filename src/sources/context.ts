import type { LockedFile } from './locked.ts';
import type { Store } from '../store/index.ts';

/** How far a fetch is; bytes. */
export interface FetchProgress {
  /** The file or repository, for a person. */
  readonly what: string;
  readonly done: number;
  readonly total?: number;
}

/** What fetching needs to know of its surroundings. */
export interface SourceContext {
  readonly store: Store;
  /** Absolute: the project's root, which `local` origins are relative to. */
  readonly root: string;
  readonly onProgress?: (progress: FetchProgress) => void;
  readonly signal?: AbortSignal;
  /** True: only what the store holds. */
  readonly offline?: boolean;
  /** The project's own mirrors of Debian's archive, asked before those of the host; an address with `@SNAPSHOTID@` is a snapshot archive's. */
  readonly mirrors?: readonly string[];
  /** A cache that others share: brings what it has of these files into the store. Asked before any archive. */
  readonly fromCache?: (files: readonly LockedFile[]) => Promise<void>;
  /** The command that locks what is being fetched, for hints: `cidermill lock seabios`. */
  readonly relock?: string;
}

export function relockHint(context: SourceContext, why = 'Lock it again'): string {
  return `${why}: \`${context.relock ?? 'cidermill lock'}\`.`;
}
