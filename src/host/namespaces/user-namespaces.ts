import { readFileSync } from 'node:fs';
import { askProgram } from '../programs/ask-program.ts';
import { findTool } from '../programs/tools.ts';

/**
 * The sandbox that can be had here. whole: with a /proc of its own. bound: the kernel refuses a new /proc, as in a
 * container whose own is masked, so the container's is bound read-only.
 */
type SandboxKind = 'whole' | 'bound';

let made: SandboxKind | undefined;

/**
 * May this user make the namespaces that a sandbox needs? Asked of bubblewrap itself, since kernels, distributions and
 * containers forbid it in different ways.
 * @returns undefined if so, else what bubblewrap says
 */
export function sandboxFault(): string | undefined {
  if (made !== undefined) return undefined;
  const bwrap = findTool('bwrap');
  if (bwrap === undefined) return 'bubblewrap is not installed';
  const fault = refusal(bwrap, 'whole');
  // A bound /proc mends no other refusal.
  if (fault === undefined) made = 'whole';
  else if (/mount proc/.test(fault) && refusal(bwrap, 'bound') === undefined) made = 'bound';
  else return fault;
  return undefined;
}

/** Has the sandbox that can be made here the container's /proc in place of its own? */
export function isProcBound(): boolean {
  return sandboxFault() === undefined && made === 'bound';
}

/** What is to be said after a sandbox without a /proc of its own was made; undefined where none was. Asks nobody. */
export function boundProcRemark(): string | undefined {
  return made === 'bound' ? `${boundProcNote}; ${wholeProcMend}` : undefined;
}

/** What bubblewrap makes a sandbox's /proc of. */
export function procEntries(): string[] {
  return procOf(isProcBound() ? 'bound' : 'whole');
}

function procOf(kind: SandboxKind): string[] {
  return kind === 'bound' ? ['--ro-bind', '/proc', '/proc'] : ['--proc', '/proc'];
}

/** @returns what bubblewrap says against it */
function refusal(bwrap: string, kind: SandboxKind): string | undefined {
  const args = ['--unshare-all', '--ro-bind', '/', '/', ...procOf(kind), '--dev', '/dev', 'true'];
  const answer = askProgram(bwrap, args);
  if (answer?.exitCode === 0) return undefined;
  return answer?.stderr.trim().split('\n')[0] ?? 'bubblewrap fails';
}

/** What a bound /proc shows, and how a container is started that allows the whole sandbox. */
export const boundProcNote =
  "this container masks its /proc, so the sandbox has no /proc of its own: a step's commands see the container's processes in it, read-only";
export const wholeProcMend =
  'for the whole sandbox start the container with `--security-opt systempaths=unconfined` (Docker) or `--security-opt unmask=ALL` (Podman)';

/** Is this root of a user namespace in which there is nobody else, as `unshare -r` makes it? */
export function isRootAlone(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    const lines = readFileSync('/proc/self/gid_map', 'utf8').trim().split('\n');
    return lines.length === 1 && /\s1$/.test(lines[0] ?? '');
  } catch {
    return false;
  }
}
