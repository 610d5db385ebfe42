import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import type { StdioOptions } from 'node:child_process';

/** O_CLOEXEC in /proc/PID/fdinfo/N, on every architecture that Node runs on under Linux. */
const closeOnExec = 0o2000000;

/**
 * The descriptors above 2 that this process was started with and that programs it starts would inherit: `exec 9>lock`
 * in a shell makes one, for example. Those that Node opens itself are closed on exec.
 */
export function inheritedDescriptors(): readonly number[] {
  return (known ??= readInherited());
}

/** They cannot become more while this process runs. */
let known: readonly number[] | undefined;

function readInherited(): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fdinfo');
  } catch {
    return []; // Not Linux.
  }
  return names.map(Number).filter((descriptor) => descriptor > 2 && isInherited(descriptor));
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false; // The one that read the folder is gone.
  }
}

/**
 * Has `start` spawn a program that sees none of the inherited descriptors: /dev/null stands in their place, since Node
 * can replace a descriptor of a child but not close it.
 * @param stdio what the program is to have, from 0 on
 */
export function withoutInherited<T>(
  stdio: readonly (number | 'pipe' | 'ignore' | 'inherit')[],
  start: (stdio: StdioOptions) => T,
): T {
  const leaked = inheritedDescriptors().filter((descriptor) => descriptor >= stdio.length);
  if (leaked.length === 0) return start([...stdio]);
  const nothing = openSync('/dev/null', 'r');
  try {
    const hidden = new Set(leaked);
    const length = Math.max(...leaked) + 1;
    return start(
      Array.from({ length }, (_, index) => stdio[index] ?? (hidden.has(index) ? nothing : 'ignore')),
    );
  } finally {
    closeSync(nothing);
  }
}
