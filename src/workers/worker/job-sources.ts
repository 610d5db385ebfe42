import type { Choice } from '../../engine/sources/choices.ts';
import type { Fetched, StepSources } from '../../engine/sources/step-sources.ts';
import { ensureSourceTree } from '../../sources/index.ts';
import type { Store } from '../../store/index.ts';

/**
 * The sources of a job's step: the one choice that its key is of.
 * @param root absolute: of the project's files
 * @param mirrors of Debian's archive, of this machine's settings
 */
export function jobSources(
  store: Store,
  choice: Choice,
  root: string,
  mirrors: readonly string[],
): StepSources {
  const fetchChosen: StepSources['fetchChosen'] = async (_step, chosen, options) => {
    const fetched = new Map<string, Fetched>();
    for (const [name, pinned] of chosen) {
      const path = await ensureSourceTree(pinned, {
        ...{ store, root, mirrors, signal: options.signal, offline: options.offline },
        ...(options.fromCache === undefined ? {} : { fromCache: options.fromCache }),
        onProgress: (progress) => options.onProgress(name, progress),
      });
      fetched.set(name, { pinned, path });
    }
    return fetched;
  };
  const never = (): never => {
    throw new Error('a job has one choice of sources');
  };
  return {
    fetchChosen,
    choices: () => [choice],
    fetch: (step, options) => fetchChosen(step, choice, options),
    // What a job's files are is said by their digests.
    checkUserFile: () => undefined,
    userFile: never,
    download: never,
    changes: () => [],
  };
}
