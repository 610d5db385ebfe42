import { canonicalJson, Failure, sha256, type Sha256 } from '../base/index.ts';
import { actionKey, type Output } from '../store/index.ts';
import type { RunContext } from './context.ts';
import { resolveStep, type Hashing, type Made } from './resolve.ts';
import { digestsOf } from './sources/choices.ts';

/**
 * One key for all of a run's steps, known before any of them has run, and the same on every machine whatever its store
 * holds: in each action the outputs of the steps before stand as the key of the step that makes them. Undefined where
 * something that a key needs is missing here, such as a program of the host.
 */
export async function runKey(
  context: Pick<RunContext, 'plan' | 'sources' | 'onHost' | 'facts'> & Hashing,
): Promise<Sha256 | undefined> {
  const made = new Map<string, Made>();
  try {
    for (const step of context.plan.steps) {
      const [preferred] = context.sources.choices(step);
      if (preferred === undefined) return undefined;
      const key = actionKey(await resolveStep(context, step, made, digestsOf(preferred)));
      const outputs = Object.fromEntries(
        [...step.recipe.outputs.keys()].map((name) => [name, standIn(`${key} ${name}`)]),
      );
      made.set(step.name, { key, outputs });
    }
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
  return sha256(canonicalJson([...made].map(([step, { key }]) => [step, key])));
}

function standIn(words: string): Output {
  return { type: 'file', path: '', digest: sha256(words), size: 0, executable: false };
}
