import { askProgram } from './programs/ask-program.ts';

/** What a QEMU can do, as it says itself. */
export interface QemuFeatures {
  readonly program: string;
  /** '7.2.22' */
  readonly version: string;
  readonly devices: ReadonlySet<string>;
  readonly machines: ReadonlySet<string>;
}

/** Asks a qemu-system-x86_64; undefined when it does not run or is something else. */
export function askQemu(program: string): QemuFeatures | undefined {
  const ask = (...args: string[]): string | undefined => {
    const answer = askProgram(program, args);
    return answer?.exitCode === 0 ? answer.stdout : undefined;
  };
  const version = /version (\d+(?:\.\d+)+)/.exec(ask('--version') ?? '')?.[1];
  const devices = ask('-device', 'help')?.matchAll(/^name "([^"]+)"(?:.*alias "([^"]+)")?/gm);
  const machines = ask('-machine', 'help')?.matchAll(/^(\S+) /gm);
  if (version === undefined || devices === undefined || machines === undefined) return undefined;
  return {
    program,
    version,
    devices: new Set(Array.from(devices, ([, ...names]) => names).flat()),
    machines: new Set(Array.from(machines, ([, name]) => name ?? '')),
  };
}
