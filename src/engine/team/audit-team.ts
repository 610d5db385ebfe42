import { randomInt } from 'node:crypto';
import { canonicalJson } from '../../base/index.ts';
import type { Entry } from '../../cache/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { Output } from '../../store/index.ts';
import type { StoredResult } from './stored-plan.ts';
import type { Team } from './team.ts';

/** A step whose artifact the cache has, and what it says of it. */
export interface Sampled extends StoredResult {
  readonly entry: Entry;
}

/**
 * Draws steps to be made again, at least one, of those that the team's cache has.
 * @param share of them, from 0 to 1
 */
export async function sampleTeam(
  team: Pick<Team, 'find'>,
  stored: readonly StoredResult[],
  share: number,
): Promise<{ readonly sample: readonly Sampled[]; readonly of: number }> {
  const there: Sampled[] = [];
  for (const one of stored) {
    const entry = await team.find(one.resolved);
    if (entry !== undefined) there.push({ ...one, entry });
  }
  const of = there.length;
  const sample: Sampled[] = [];
  for (let left = Math.ceil(of * share); left > 0; left--)
    sample.push(...there.splice(randomInt(there.length), 1));
  return { sample, of };
}

/** The outputs that the cache has other bytes of than this store, but for those that the recipe declares to vary. */
export function differingOutputs({ resolved, result, entry }: Sampled): string[] {
  return Object.keys(result.outputs).filter(
    (name) => !varies(resolved.step, name) && word(result.outputs[name]) !== word(entry.outputs[name]),
  );
}

function varies({ recipe }: PlannedStep, output: string): boolean {
  return recipe.varies.has(output);
}

function word(output: Output | undefined): string {
  return canonicalJson(output ?? null);
}
