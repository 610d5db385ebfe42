import { Failure } from '../../base/index.ts';

/** Gathers what speaks against an act, so that all of it is told at once. */
export interface Refusals {
  add(failure: Failure): void;
  /** What the function gives; undefined when it refuses. */
  of<T>(look: () => T): T | undefined;
  ofAsync<T>(look: () => Promise<T>): Promise<T | undefined>;
  /** @throws Failure with every reason; of a single one, itself */
  finish(): void;
}

export function refusals(): Refusals {
  const found: Failure[] = [];
  const keep = (error: unknown): undefined => {
    if (!(error instanceof Failure)) throw error;
    found.push(error);
    return undefined;
  };
  return {
    add: (failure) => void found.push(failure),
    of: (look) => {
      try {
        return look();
      } catch (error) {
        keep(error);
        return;
      }
    },
    ofAsync: (look) => look().catch(keep),
    finish: () => {
      const [first, second] = found;
      if (first === undefined) return;
      if (second === undefined) throw first;
      const reasons = found.map(({ message, hint }) =>
        [message, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n').replaceAll('\n', '\n  '),
      );
      throw new Failure(
        first.code,
        `there are ${found.length} reasons against it:\n  ${reasons.join('\n  ')}`,
      );
    },
  };
}
