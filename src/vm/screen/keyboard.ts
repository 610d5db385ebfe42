import { Failure } from '../../base/index.ts';
import type { QmpSession } from '../process/qmp.ts';

/** Names of keys that a character does not give (QEMU's QKeyCode). */
export const keyNames: readonly string[] = [
  ...['ret', 'esc', 'tab', 'spc', 'backspace', 'delete', 'insert', 'home', 'end', 'pgup', 'pgdn'],
  ...[
    'up',
    'down',
    'left',
    'right',
    'shift',
    'shift_r',
    'ctrl',
    'ctrl_r',
    'alt',
    'alt_r',
    'meta_l',
    'meta_r',
  ],
  ...Array.from({ length: 12 }, (_, i) => `f${i + 1}`),
  ...Array.from('abcdefghijklmnopqrstuvwxyz0123456789'),
];

/** Characters with a key of their own on the US layout, and those with shift. */
const plain: Readonly<Record<string, string>> = {
  ' ': 'spc',
  '\t': 'tab',
  '\n': 'ret',
  '-': 'minus',
  '=': 'equal',
  '[': 'bracket_left',
  ']': 'bracket_right',
  ';': 'semicolon',
  "'": 'apostrophe',
  '`': 'grave_accent',
  '\\': 'backslash',
  ',': 'comma',
  '.': 'dot',
  '/': 'slash',
};
const shifted = '!1@2#3$4%5^6&7*8(9)0_-+={[}]:;"\'~`|\\<,>.?/';

/** The keys that give a character, pressed together; undefined when the US layout has none. */
export function keysOf(character: string): readonly string[] | undefined {
  if (/^[a-z0-9]$/.test(character)) return [character];
  if (/^[A-Z]$/.test(character)) return ['shift', character.toLowerCase()];
  const key = plain[character];
  if (key !== undefined) return [key];
  const at = shifted.indexOf(character);
  const base = at % 2 === 0 ? shifted[at + 1] : undefined;
  return base === undefined ? undefined : ['shift', ...(keysOf(base) ?? [])];
}

/** Milliseconds that a key is held, and the pause after it. QEMU keeps what comes meanwhile. */
const hold = 40;

export async function pressKeys(
  qmp: QmpSession,
  keys: readonly string[],
  limits: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await qmp.execute(
    'send-key',
    { keys: keys.map((data) => ({ type: 'qcode', data })), 'hold-time': hold },
    limits,
  );
}

/** @throws Failure 'cannot-type' for a character that is not on the US layout, before any key is pressed */
export async function typeText(
  qmp: QmpSession,
  text: string,
  limits: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const presses = Array.from(text, (character) => {
    const keys = keysOf(character);
    if (keys !== undefined) return keys;
    throw new Failure('cannot-type', `${JSON.stringify(character)} cannot be typed on the US layout`);
  });
  for (const keys of presses) await pressKeys(qmp, keys, limits);
}
