import { execFileSync } from 'node:child_process';

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
  try {
    const ask = (...args: string[]): string =>
      execFileSync(program, args, { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'ignore'] });
    const version = /version (\d+(?:\.\d+)+)/.exec(ask('--version'))?.[1];
    if (version === undefined) return undefined;
    const devices = ask('-device', 'help').matchAll(/^name "([^"]+)"(?:.*alias "([^"]+)")?/gm);
    const machines = ask('-machine', 'help').matchAll(/^(\S+) /gm);
    return {
      program,
      version,
      devices: new Set(Array.from(devices, ([, ...names]) => names).flat()),
      machines: new Set(Array.from(machines, ([, name]) => name ?? '')),
    };
  } catch {
    return undefined;
  }
}
