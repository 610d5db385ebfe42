import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import { materialsOf } from '../sources/index.ts';
import { hasBlob, putBytes, type Action, type ActionResult, type Store } from '../store/index.ts';
import type { ResolvedStep } from './decide.ts';
import type { Done } from './resolve.ts';

/** What this machine knows by itself of where an artifact comes from, whoever made it. */
export function originsOfResult(
  { step, choice, action }: ResolvedStep,
  done: Done,
): Pick<ActionResult, 'materials' | 'producers'> {
  return {
    materials: Object.fromEntries([...choice].map(([name, pinned]) => [name, materialsOf(pinned)])),
    producers: producersOf(step, action, done),
  };
}

/** The keys of the actions that made what the step was given. */
function producersOf(step: PlannedStep, action: Action, done: Done): Record<string, Sha256> {
  const keys: Record<string, Sha256> = {};
  const add = (name: string, from: string | undefined): void => {
    const made = from === undefined ? undefined : done.get(from);
    if (made !== undefined) keys[name] = made.key;
  };
  for (const [name, { value }] of step.inputs) add(name, value.kind === 'output' ? value.step : undefined);
  if (action.environment.kind === 'buildroot') add('', step.buildrootStep);
  return keys;
}

/** Keeps the script's modules as they were, so that `plan` can name the line that changes later. */
export async function keepModules(store: Store, step: PlannedStep, action: Action): Promise<void> {
  for (const [name, digest] of Object.entries(action.modules)) {
    if (hasBlob(store, digest)) continue;
    const path = join(step.recipe.root, name);
    if (existsSync(path)) await putBytes(store, await readFile(path));
  }
}
