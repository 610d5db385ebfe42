/** Where a milestone shows. A console is a stream of lines; the screen is what stands on it at a moment. */
export type Where = 'console' | 'serial' | 'screen';

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

/** What a milestone waits for, in words. */
export function describeMilestone(milestone: Milestone): string {
  const place = { console: 'the debug console', serial: 'the serial line', screen: 'the screen' }[
    milestone.where
  ];
  const what =
    typeof milestone.pattern === 'string' ? JSON.stringify(milestone.pattern) : String(milestone.pattern);
  return `${milestone.name} (${what} on ${place})`;
}

export function lineMatches(line: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line);
}
