import picocolors from 'picocolors';

export type Colours = ReturnType<typeof picocolors.createColors>;

export function makeColours(enabled: boolean): Colours {
  return picocolors.createColors(enabled);
}

export const noColours: Colours = makeColours(false);

/** Whether to colour what goes to a stream: NO_COLOR (no-color.org) wins over FORCE_COLOR, that over what the stream is. */
export function wantsColour(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  const { NO_COLOR: never, FORCE_COLOR: always, TERM: terminal } = env;
  if (never !== undefined && never !== '') return false;
  if (always !== undefined && always !== '') return always !== '0' && always !== 'false';
  return isTerminal && terminal !== 'dumb';
}
