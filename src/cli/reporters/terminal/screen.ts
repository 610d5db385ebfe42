import type { TerminalSink } from '../reporter.ts';

/** A terminal with a part that stays and a live part below it. */
export interface Screen {
  /** Puts lines above the live part for good and replaces the live part; without live lines the cursor is back. */
  draw(lasting: readonly string[], live: readonly string[]): void;
}

export function columnsOf(stream: TerminalSink): number {
  return Math.max(1, stream.columns ?? 80);
}
