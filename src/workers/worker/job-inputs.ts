import type { Sha256 } from '../../base/index.ts';
import type { SharedCache } from '../../cache/index.ts';
import { listingsFault } from '../../engine/team/listings-fault.ts';
import { outputWord, type Made } from '../../engine/resolve.ts';
import { blobPath, hasBlob, type Action, type Blob, type Store } from '../../store/index.ts';
import { inputStep, Refusal } from './job-step.ts';
import type { Job } from '../job/job.ts';

/** What lies in the store now, of what a job needs. */
export interface Inputs {
  /** What stands for the steps before it. */
  readonly done: ReadonlyMap<string, Made>;
  /** Input → absolute path, of files of the project. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Brings the artifacts that a step is given from the cache into the store.
 * @returns undefined when the cache lacks one
 * @throws Refusal where an artifact is not what the action names
 */
export async function bringInputs(
  store: Store,
  cache: SharedCache,
  { action, inputs }: Job,
  onProgress: (done: number, total: number) => void,
): Promise<Inputs | undefined> {
  const done = new Map<string, Made>();
  const files = new Map<string, string>();
  for (const [input, from] of Object.entries(inputs)) {
    const word = wordOf(action, input);
    if ('size' in from) {
      const blob: Blob = { digest: word.slice(word.indexOf(':') + 1) as Sha256, size: from.size };
      if (!(await bringWhole(store, cache, [blob]))) return undefined;
      files.set(input, blobPath(store, blob.digest));
      continue;
    }
    const entry = await cache.find(from.from, { outputs: from.outputs });
    const output = entry?.outputs[from.output];
    if (entry === undefined || output === undefined) return undefined;
    if (outputWord(output) !== word)
      throw new Refusal(`the input ${input} is not what ${from.from.slice(0, 12)} made in the cache`);
    if (!(await cache.bring(entry, { like: [], onProgress }))) return undefined;
    const fault = listingsFault(store, entry.outputs);
    if (fault !== undefined) throw new Refusal(`the entry ${from.from.slice(0, 12)} of the cache ${fault}`);
    done.set(inputStep(input), { key: from.from, outputs: entry.outputs });
  }
  return { done, files };
}

function wordOf({ inputs, environment }: Action, input: string): string {
  if (input !== '') return inputs[input] ?? '';
  return environment.kind === 'buildroot' ? environment.root : '';
}

/** @returns false where the cache lacks one, or has other bytes for it */
export async function bringWhole(store: Store, cache: SharedCache, blobs: readonly Blob[]): Promise<boolean> {
  const missing = blobs.filter(({ digest, size }) => !hasBlob(store, digest, size));
  if (missing.length > 0) await cache.bringFiles(missing);
  return missing.every(({ digest, size }) => hasBlob(store, digest, size));
}
