import type { FailureCode, Sha256 } from '../base/index.ts';
import type { Tally } from '../cache/index.ts';
import type { StepEvent } from '../step/protocol.ts';
import type { StepVerdict } from './rebuild/verdict.ts';
import type { Undeclared } from './trace/declared.ts';

/** A step whose sources are not those that are pinned: what stands in for what, "NAME OLD → NEW" a line. */
export interface Drift {
  readonly step: string;
  readonly changes: readonly string[];
}

/** What a run had of the team's cache (src/cache/tally.ts). */
export type CacheUse = Readonly<Tally> & { readonly server: string };

/** What a product holds under one name of its pipeline. */
export interface ProductEntry {
  readonly name: string;
  /** Below the product's folder. */
  readonly path: string;
  readonly type: 'file' | 'directory';
  /** Bytes of the file, or of all files of the directory. */
  readonly size: number;
  /** How many files it has. */
  readonly files: number;
  readonly step: string;
  /** What it is: of its output, else of the recipe. */
  readonly summary: string;
}

/** The engine's one stream. Reporters only consume it. Times are milliseconds since the epoch. */
export type RunEvent = { readonly time: number } & (
  | { readonly type: 'run-started'; readonly pipeline: string; readonly steps: readonly string[] }
  | {
      readonly type: 'step-cached';
      readonly step: string;
      readonly key: Sha256;
      readonly notes: readonly string[];
      /** It was not in the store: it came from the team's cache. */
      readonly from?: 'team';
    }
  /** `why`: one line a cause, as `plan` prints them. */
  | {
      readonly type: 'step-started';
      readonly step: string;
      readonly key: Sha256;
      readonly why: readonly string[];
      readonly log: string;
      /** Who makes it, where another machine does. */
      readonly worker?: string;
    }
  /** Another run is making the same artifact. */
  | { readonly type: 'step-waiting'; readonly step: string; readonly key: Sha256 }
  | {
      readonly type: 'step-fetching';
      readonly step: string;
      readonly source: string;
      readonly what: string;
      readonly done: number;
      readonly total?: number;
    }
  /** Before the step is decided on: bytes of a user's file that were read for its digest. */
  | {
      readonly type: 'step-hashing';
      readonly step: string;
      readonly input: string;
      readonly path: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'step-event'; readonly step: string; readonly event: StepEvent }
  | { readonly type: 'step-output'; readonly step: string; readonly line: string }
  | {
      readonly type: 'step-done';
      readonly step: string;
      readonly key: Sha256;
      readonly milliseconds: number;
      readonly notes: readonly string[];
      readonly unchanged: boolean;
      readonly worker?: string;
    }
  | {
      readonly type: 'step-failed';
      readonly step: string;
      readonly code: FailureCode | 'bad-format' | 'bug';
      readonly message: string;
      readonly hint?: string;
      /** Of the step's script, where it ended by itself. */
      readonly exitCode?: number;
      /** The same run may succeed when it is tried again. */
      readonly temporary: boolean;
      readonly log?: string;
      /** Its folder, kept because the run was to keep it: build/ is where its commands ran. */
      readonly kept?: string;
      readonly tail: readonly string[];
    }
  /** Not tried, because a step it needs failed. */
  | { readonly type: 'step-skipped'; readonly step: string; readonly because: string }
  /** It was made again and compared with what is stored; `milliseconds` of making it. */
  | ({
      readonly type: 'step-verified';
      readonly step: string;
      readonly key: Sha256;
      readonly milliseconds: number;
      readonly log: string;
    } & StepVerdict)
  /** It was made again under strace; `opened` counts files. A sandboxed step was not: it sees what it declares. */
  | {
      readonly type: 'step-traced';
      readonly step: string;
      readonly key: Sha256;
      readonly milliseconds: number;
      readonly sandboxed: boolean;
      readonly opened: number;
      readonly undeclared: readonly Undeclared[];
    }
  | {
      readonly type: 'product-published';
      readonly product: string;
      readonly path: string;
      readonly unchanged: boolean;
      /** As the pipeline names them. */
      readonly entries: readonly ProductEntry[];
      /** Commands that a person may run next. */
      readonly next: readonly string[];
      /** A file that was changed since it was published has no digest: it was left as it is, and not read. */
      readonly files: readonly {
        readonly path: string;
        readonly size: number;
        readonly digest?: Sha256;
        readonly changed?: boolean;
      }[];
    }
  /** It could not be published; the run's outcome is "failed" then. */
  | {
      readonly type: 'product-failed';
      readonly product: string;
      readonly message: string;
      readonly hint?: string;
    }
  | {
      readonly type: 'run-finished';
      readonly outcome: 'done' | 'failed' | 'interrupted';
      readonly milliseconds: number;
      readonly cached: number;
      readonly executed: number;
      readonly failed: number;
      readonly skipped: number;
      /** What came from the team's cache and went to it, where it was asked. */
      readonly cache?: CacheUse;
      /** Not the known-good toolchain: pinned files had vanished, and others stand in for them. */
      readonly drifted?: readonly Drift[];
    }
  /** Before the first step that is made here: what the check of a step's recipe has to say of it. */
  | {
      readonly type: 'check-note';
      readonly step: string;
      readonly message: string;
      readonly hint?: string;
    }
  /** What happens among the workers of a run: one was lost or gave its step back, none is there for a step. */
  | { readonly type: 'workers-note'; readonly message: string }
  /** Two machines made one action with other bytes: `made` by this worker, `kept` in the team's cache, both SHA-256. */
  | {
      readonly type: 'step-differs';
      readonly step: string;
      readonly key: Sha256;
      readonly output: string;
      readonly worker: string;
      readonly made: string;
      readonly kept: string;
    }
  /** Once a run: why the team's cache is not asked, or nothing sent to it, any more. */
  | { readonly type: 'cache-note'; readonly message: string; readonly hint?: string }
  /** The team's cache gave an entry, or a blob, that is not what it should be: it counts as a miss. */
  | {
      readonly type: 'cache-refused';
      readonly key?: Sha256;
      readonly digest?: Sha256;
      readonly message: string;
    }
  /** How many steps there were of each verdict; `failed` could not be rebuilt. */
  | {
      readonly type: 'verify-finished';
      readonly outcome: 'same' | 'different' | 'interrupted';
      readonly milliseconds: number;
      readonly identical: number;
      readonly varies: number;
      readonly different: number;
      readonly failed: number;
    }
  /** How many steps read only what is declared, how many more, and how many could not be rebuilt. */
  | {
      readonly type: 'trace-finished';
      readonly outcome: 'declared' | 'undeclared' | 'failed' | 'interrupted';
      readonly milliseconds: number;
      readonly declared: number;
      readonly undeclared: number;
      readonly failed: number;
    }
);
