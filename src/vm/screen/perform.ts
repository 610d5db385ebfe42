import { setTimeout as pause } from 'node:timers/promises';
import type { KeyAction } from '../watch/boot-step.ts';
import { pressKeys, typeText } from './keyboard.ts';
import { lineMatches } from '../watch/milestones.ts';
import type { QmpSession } from '../process/qmp.ts';
import { takeScreenshot } from './screenshot.ts';
import { chosenRow, decodeTextScreen, readTextMemory } from './text-screen.ts';

const lookEvery = 100;
/** A guest that draws slowly is not pressed again at once. */
const looksBeforeNextPress = 10;

/**
 * Does what a step says to a running guest.
 * @param folder QEMU's working folder as this process sees it; pictures come there
 */
export async function perform(
  qmp: QmpSession,
  folder: string,
  action: KeyAction,
  limits: { readonly signal: AbortSignal; readonly sharesPaths?: boolean },
): Promise<void> {
  switch (action.kind) {
    case 'type':
      return typeText(qmp, action.text, limits);
    case 'press':
      return pressKeys(qmp, action.keys, limits);
    case 'pick':
      return pick(qmp, folder, action.pattern, limits);
    case 'picture':
      await takeScreenshot(qmp, folder, pictureFile(action.name), limits);
  }
}

export function pictureFile(name: string): string {
  return `${name}.png`;
}

async function pick(
  qmp: QmpSession,
  folder: string,
  pattern: string | RegExp,
  limits: { readonly signal: AbortSignal; readonly sharesPaths?: boolean },
): Promise<void> {
  let pressedAt: number | undefined;
  let looks = 0;
  for (;;) {
    const memory = await readTextMemory(qmp, folder, limits);
    const lines = decodeTextScreen(memory);
    const chosen = chosenRow(memory);
    const wanted = lines.findIndex((line) => lineMatches(line, pattern));
    if (chosen !== undefined && lineMatches(lines[chosen] ?? '', pattern)) return;
    const waits = chosen === pressedAt && ++looks < looksBeforeNextPress;
    if (chosen !== undefined && wanted >= 0 && !waits) {
      await pressKeys(qmp, [wanted > chosen ? 'down' : 'up'], limits);
      pressedAt = chosen;
      looks = 0;
    }
    await pause(lookEvery, undefined, limits);
  }
}
