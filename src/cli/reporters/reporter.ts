import type { RunEvent } from '../../engine/events.ts';

/** Takes the engine's events one after the other and shows them. Never throws, whatever the events hold. */
export interface Reporter {
  take(event: RunEvent): void;
  /** Ends the display: also right when no `run-finished` came. Calling it again does nothing. */
  close(): void;
}

/** As much of a writable stream as reporters use. */
export interface TextSink {
  write(text: string): unknown;
}

/** A sink that is a terminal; undefined sizes are taken as 80 columns by 24 rows. */
export interface TerminalSink extends TextSink {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}
