/** What the engine and a step's script say to each other. docs/step-protocol.md is the prose of this file. */

export const protocolVersion = 1;

/** A value of a parameter after validation; sizes are bytes as integers. */
export type ParameterValue = string | number | boolean | readonly string[];

/** The request: one JSON file, its path in the environment variable CIDERMILL_REQUEST. */
export interface StepRequest {
  readonly protocol: typeof protocolVersion;
  readonly step: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Source name → folder or file, as the step's commands see it. */
  readonly sources: Readonly<Record<string, string>>;
  /** Input name → folder or file, as the step's commands see it. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Output name → path inside the artifact; a trailing "/" marks a directory. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Absolute path on the host: where `output` puts things. On the same file system as the work folder. */
  readonly outputFolder: string;
  /** How many jobs a build may run at once. */
  readonly jobs: number;
  /** What goes before `bash -c COMMAND`: bwrap and its arguments, nothing for the host, null when the step runs no commands. */
  readonly commandPrefix: readonly string[] | null;
  /** The whole environment of the step's commands. */
  readonly commandEnvironment: Readonly<Record<string, string>>;
}

/** One line of JSON on file descriptor 3. */
export type StepEvent =
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
