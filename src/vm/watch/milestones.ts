/**
 * Where a milestone shows. A console is a stream of lines; the screen is the text that stands on it at a moment, the
 * display its size in pixels, as the one line "1280x1024".
 */
export type Where = 'console' | 'serial' | 'screen' | 'display';

/** Something a smoke boot must see. */
export interface Milestone {
  readonly name: string;
  readonly where: Where;
  /** A text that a line holds, or a pattern that a line matches (flags g and y have no place here). */
  readonly pattern: string | RegExp;
}

/** A milestone that was seen. */
export interface Reached {
  readonly milestone: string;
  readonly where: Where;
  /** The line. */
  readonly seen: string;
  /** Since QEMU was started. */
  readonly milliseconds: number;
}

const places: Readonly<Record<Where, string>> = {
  console: 'the debug console',
  serial: 'the serial line',
  screen: 'the screen',
  display: "the display's size",
};

/** What a milestone waits for, in words. */
export function describeMilestone(milestone: Milestone): string {
  return `${milestone.name} (${describePattern(milestone.pattern)} on ${places[milestone.where]})`;
}

export function describePattern(pattern: string | RegExp): string {
  return typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
}

export function lineMatches(line: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line);
}
