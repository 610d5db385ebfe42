import type { RunEvent } from '../../engine/events.ts';
import type { Reporter, TextSink } from './reporter.ts';

/**
 * The events themselves, one JSON object a line (NDJSON, UTF-8), in the order they happened: the fields are those of
 * RunEvent in src/engine/events.ts and stay what they are. `type` says which event it is, `time` is in milliseconds
 * since the epoch, durations are in milliseconds, sizes in bytes, digests in hexadecimal. Fields and event types may be added: a reader
 * ignores what it does not know. The last line is `run-finished`, unless the run was killed.
 */
export function jsonReporter(stream: TextSink): Reporter {
  return {
    take: (event: RunEvent) => stream.write(jsonLine(event)),
    close: () => undefined,
  };
}

/**
 * An event as a line. JSON leaves DEL, C1 and the Unicode line separators as they are; a terminal or a line reader may
 * not. Nor may a CI system take the bracket of `##[error]` in a text for the beginning of a command.
 */
export function jsonLine(event: object): string {
  return `${harmlessJson(JSON.stringify(event))}\n`;
}

/** The same JSON, without those characters. */
export function harmlessJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029]|(?<=##(?:vso)?)\[/gi,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
