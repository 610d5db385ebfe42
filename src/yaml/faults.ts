import type { Diagnostic, Place, SecondPlace } from '../base/index.ts';

/** Takes a fault. A hint that costs something to find is a function: it is not called for faults that are only counted. */
export type Report = (
  code: string,
  place: Place,
  message: string,
  hint?: string | (() => string | undefined),
  also?: SecondPlace,
) => void;

interface Faults {
  readonly report: Report;
  /** How many were reported, those that are only counted included. */
  count(): number;
  /** File by file in the order of their first fault, each file's in the order of its text. */
  sorted(): readonly Diagnostic[];
}

/** Beyond this a file's faults are counted, not kept: a file of garbage must not become a megabyte of advice. */
const mostPerFile = 20;

export function collectFaults(): Faults {
  const files = new Map<string, { kept: Diagnostic[]; seen: Set<string>; more: number }>();
  let count = 0;
  return {
    report(code, place, message, hint, also) {
      const file = files.get(place.file) ?? { kept: [], seen: new Set<string>(), more: 0 };
      files.set(place.file, file);
      const identity = `${place.span.start} ${code} ${message}`;
      if (file.seen.has(identity)) return;
      count++;
      if (file.kept.length >= mostPerFile) {
        file.more++;
        return;
      }
      file.seen.add(identity);
      const advice = typeof hint === 'function' ? hint() : hint;
      file.kept.push({
        code,
        message,
        file: place.file,
        span: place.span,
        ...(advice === undefined ? {} : { hint: advice }),
        ...(also === undefined ? {} : { also }),
      });
    },
    count: () => count,
    sorted: () =>
      [...files].flatMap(([file, { kept, more }]) => {
        const faults = [...kept].sort((a, b) => a.span.start - b.span.start);
        if (more === 0) return faults;
        const last = faults[faults.length - 1]?.span ?? { start: 0, end: 0 };
        return [
          ...faults,
          { code: 'too-many-faults', message: `And ${more} more faults in this file.`, file, span: last },
        ];
      }),
  };
}
