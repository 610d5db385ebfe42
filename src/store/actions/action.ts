import { canonicalJson, sha256, type Sha256 } from '../../base/index.ts';
import type { ParameterValue } from '../../step/protocol.ts';

/** Raised when what a step sees or how it is run changes in a way the other fields do not show. */
export const keyVersion = 2;

/**
 * A step fully resolved: all that its outputs may depend on, and nothing else — no path of this machine, no locale,
 * no clock, no name of a step or a pipeline. docs/cache-keys.md says why each field is here.
 */
export type Action = {
  readonly keyVersion: number;
  /** Of the step protocol and of the library that scripts import. */
  readonly protocol: number;
  /** `<os>-<cpu>` as Node names them. */
  readonly platform: string;
  readonly script: string;
  /** Module of the script, worker thread, or file declared beside it → digest. */
  readonly modules: Readonly<Record<string, Sha256>>;
  /** `name@version` of what the script loads from npm → digest of the files that are loaded. */
  readonly packages: Readonly<Record<string, Sha256>>;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly sources: Readonly<Record<string, Sha256>>;
  /** `file:<sha256>`, `executable:<sha256>` or `directory:<sha256 of the listing>`. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly environment: ActionEnvironment;
  readonly outputs: Readonly<Record<string, string>>;
};

export type ActionEnvironment =
  | { readonly kind: 'none' }
  | { readonly kind: 'buildroot'; readonly root: string }
  /** Tool → the first line of what it says of its version, or words that stand for any version. */
  | { readonly kind: 'host'; readonly tools: Readonly<Record<string, string>> };

/** The cache key: the SHA-256 of the action's canonical JSON. */
export function actionKey(action: Action): Sha256 {
  return sha256(canonicalJson(action));
}
