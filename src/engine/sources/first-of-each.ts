import { Failure } from '../../base/index.ts';
import { diskFailure } from '../../host/index.ts';
import type { Pinned } from '../../sources/index.ts';

/** Sources that could not be had, each with the cause of every origin. */
export class SourceFailure extends Failure {
  constructor(causes: readonly [Failure, ...Failure[]]) {
    const [first] = causes;
    const messages = [...new Set(causes.map(({ message }) => message))];
    const hints = [...new Set(causes.flatMap(({ hint }) => hint ?? []))];
    super(first.code, messages.join('\n'), {
      hint: hints.length === 0 ? undefined : hints.join('\n'),
      temporary: causes.some(({ temporary }) => temporary),
      cause: first,
    });
  }
}

/**
 * Takes of each source the first origin that can be had. The sources are asked one after the other, and all of them,
 * so that every cause is told at once.
 * @throws SourceFailure
 */
export async function firstOfEach<T>(
  sources: ReadonlyMap<string, readonly Pinned[]>,
  take: (name: string, pinned: Pinned) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const taken = new Map<string, T>();
  const causes: Failure[] = [];
  for (const [name, origins] of sources) {
    const failures: Failure[] = [];
    for (const pinned of origins) {
      try {
        taken.set(name, await take(name, pinned));
        break;
      } catch (error) {
        // A full disk is no reason to ask another server.
        if (!(error instanceof Failure) || diskFailure(error, '') !== undefined) throw error;
        failures.push(error);
      }
    }
    if (!taken.has(name)) causes.push(...failures);
  }
  const [first, ...rest] = causes;
  if (first !== undefined) throw new SourceFailure([first, ...rest]);
  return taken;
}
