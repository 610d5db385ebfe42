/** What time it is for a rebuild: so many seconds ahead, or always the same second since 1970. */
export type Clock = { readonly ahead: number } | { readonly still: number };

/** The variables that give programs another clock through libfaketime. Monotonic clocks and file times stay real. */
export function clockVariables(library: string, clock: Clock): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAKETIME: 'ahead' in clock ? `+${clock.ahead}` : faketimeDate(clock.still),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}

/** Options that give Node another clock: libfaketime would also reach its threads' waiting. */
export function clockOfNode(clock: Clock): string[] {
  const now = 'ahead' in clock ? `real.now() + ${clock.ahead * 1000}` : `${clock.still * 1000}`;
  const module = `const real = Date;
const now = () => ${now};
globalThis.Date = new Proxy(real, {
  construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as),
  apply: () => new real(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
real.prototype.constructor = globalThis.Date;`;
  return ['--import', `data:text/javascript,${encodeURIComponent(module)}`];
}

/** `YYYY-MM-DD hh:mm:ss`, which libfaketime reads in the local time zone of the program. */
function faketimeDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}
