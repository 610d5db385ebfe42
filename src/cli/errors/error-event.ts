import {
  commandLine,
  Failure,
  FormatError,
  InvalidError,
  lineAndColumn,
  masked,
  type FailureCode,
  type Place,
} from '../../base/index.ts';

/** A position in a text file, counted from 1; without line and column where the text is not known. */
export interface LinePosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** What `--json` says of an error: docs/events.md. */
export type ErrorEvent = { readonly type: 'error'; readonly time: number } & Partial<LinePosition> & {
    readonly code: FailureCode | 'bad-format' | 'interrupted' | 'bug' | (string & {});
    readonly message: string;
    readonly hint?: string;
    /** The same command may succeed when it is given again. */
    readonly temporary: boolean;
    readonly also?: Partial<LinePosition> & { readonly message: string };
  };

/** Was it not an error, but somebody's wish to stop? */
export function isInterrupt(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** One event for a fault. @param input the file that a FormatError is about */
export function errorEvents(error: unknown, time: number, input?: string): ErrorEvent[] {
  const all = { type: 'error', time, temporary: false } as const;
  if (error instanceof InvalidError) {
    return error.diagnostics.map(({ code, message, hint, also, ...place }) => ({
      ...all,
      code,
      message: masked(message),
      ...(hint !== undefined && { hint: masked(hint) }),
      ...position(place, error.texts),
      ...(also !== undefined && { also: { ...position(also, error.texts), message: masked(also.message) } }),
    }));
  }
  if (error instanceof Failure) {
    const { code, message, hint, temporary } = error;
    return [{ ...all, code, message, temporary, ...(hint !== undefined && { hint }) }];
  }
  if (error instanceof FormatError) {
    return [
      { ...all, code: 'bad-format', message: error.message, ...(input !== undefined && { file: input }) },
    ];
  }
  return [
    { ...all, code: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
  ];
}

function position({ file, span }: Place, texts: ReadonlyMap<string, string>): Partial<LinePosition> {
  if (file === commandLine) return {};
  const text = texts.get(file);
  return text === undefined || text === '' ? { file } : { file, ...lineAndColumn(text, span.start) };
}
