import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { packageRoot } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { Action } from '../../store/index.ts';
import { sameClosure } from '../script/closure.ts';
import { readyScript, scriptPlace, type ReadyScript } from '../script/ready-script.ts';
import type { Gathered } from './gather.ts';
import { privateFolder } from './sandbox.ts';

/**
 * Makes a step's script ready, as its action names it.
 * @param folder absolute: of the step's, and not seen by it
 * @throws Failure 'script-changed' when it is another one by now; 'bad-script'
 */
export async function scriptOf(
  { recipe }: PlannedStep,
  action: Action,
  { sandboxed }: Gathered,
  folder: string,
): Promise<ReadyScript> {
  const own = join(folder, 'script');
  mkdirSync(own);
  const script = await readyScript(scriptPlace(recipe), own, sandboxed ? privateFolder : packageRoot);
  if (sameClosure(script.closure, action)) return script;
  throw new Failure('script-changed', `${action.script}, or what it imports, changed while it was used`, {
    hint: 'Run it again.',
    temporary: true,
  });
}
