/** What the engine and a step's script say to each other. docs/step-protocol.md is the prose of this file. */

/**
 * Raised with every change of the protocol, or of the library that scripts import: it is in every cache key, where the
 * library's own modules are not. test/golden/step-library.json holds the two together.
 */
export const protocolVersion = 3;

/** A value of a parameter after validation; sizes are bytes as integers. */
export type ParameterValue = string | number | boolean | readonly string[];

/** The request: one JSON file, its path in the environment variable CIDERMILL_REQUEST. */
export interface StepRequest {
  readonly protocol: typeof protocolVersion;
  readonly step: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Source name → folder or file, as the script and its commands see it. */
  readonly sources: Readonly<Record<string, string>>;
  /** Input name → folder or file, as the script and its commands see it. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Output name → path inside the artifact; a trailing "/" marks a directory. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Absolute: the current folder again, by a path from which files can be moved to the output folder. */
  readonly workFolder: string;
  /** Absolute: where `output` puts things. On the same mount as `workFolder`. */
  readonly outputFolder: string;
  /** How many jobs a build may run at once. */
  readonly jobs: number;
  /** What goes before `bash -c COMMAND`: nothing in most runs; null when the step runs no commands. */
  readonly commandPrefix: readonly string[] | null;
  /** The whole environment of the step's commands. */
  readonly commandEnvironment: Readonly<Record<string, string>>;
}

/** One line of JSON on file descriptor 3. */
export type StepEvent =
  /** The process is up and waits for a line on standard input before it loads the script. */
  | { readonly type: 'ready' }
  /** How far the step is; `total` where it is known; unit 'bytes' or a plural noun. */
  | {
      readonly type: 'progress';
      readonly done: number;
      readonly total?: number;
      readonly unit: string;
      readonly label?: string;
    }
  /** Something a person will want to know after the run: kept with the artifact, shown again from the cache. */
  | { readonly type: 'note'; readonly text: string }
  /** An output is in place. */
  | { readonly type: 'output'; readonly name: string }
  /** Why the step is about to exit with another code than 0, in words for a person. */
  | { readonly type: 'failure'; readonly message: string; readonly hint?: string };
