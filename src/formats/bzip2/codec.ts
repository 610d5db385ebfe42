import Bzip2 from '@foxglove/wasm-bz2';

let codec: Promise<Bzip2> | undefined;

/** The library's decoder, made once. */
export function bzip2Codec(): Promise<Bzip2> {
  return (codec ??= init());
}

/** To be called when it has thrown anything but a code of its own: its memory may be in any state then. */
export function dropBzip2Codec(): void {
  codec = undefined;
}

const events = ['uncaughtException', 'unhandledRejection'] as const;

/** What its loader hangs on the process would change how every error of the program ends it; it is taken off again. */
async function init(): Promise<Bzip2> {
  const before = events.map((event) => new Set(process.listeners(event as 'uncaughtException')));
  const made = await Bzip2.init();
  events.forEach((event, index) => {
    for (const listener of process.listeners(event as 'uncaughtException'))
      if (before[index]?.has(listener) === false) process.off(event, listener);
  });
  return made;
}
