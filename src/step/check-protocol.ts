import type { ParameterValue } from './protocol.ts';

/** What the engine asks of a recipe's check: one JSON file, its path in CIDERMILL_REQUEST. docs/step-protocol.md. */
export interface CheckRequest {
  readonly protocol: number;
  readonly step: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Source name → absolute path; null for one that is not here before it is fetched. */
  readonly sources: Readonly<Record<string, string | null>>;
  /** Input name → absolute path of the user's file; null for the output of another step. */
  readonly inputs: Readonly<Record<string, string | null>>;
}

/** One line of JSON on file descriptor 3. */
export type CheckEvent =
  | {
      readonly type: 'fault' | 'note';
      readonly message: string;
      /** The source, input or parameter it is about. */
      readonly about?: string;
      readonly hint?: string;
    }
  /** The check itself failed. */
  | { readonly type: 'failure'; readonly message: string };
