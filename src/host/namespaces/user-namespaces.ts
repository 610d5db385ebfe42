import { readFileSync } from 'node:fs';
import { askProgram } from '../programs/ask-program.ts';
import { findTool } from '../programs/tools.ts';

/**
 * May this user make the namespaces that a sandbox needs? Asked of bubblewrap itself, since kernels, distributions and
 * containers forbid it in different ways.
 * @returns undefined if so, else what bubblewrap says
 */
export function sandboxFault(): string | undefined {
  const bwrap = findTool('bwrap');
  if (bwrap === undefined) return 'bubblewrap is not installed';
  const args = ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', 'true'];
  const answer = askProgram(bwrap, args);
  if (answer?.exitCode === 0) return undefined;
  return answer?.stderr.trim().split('\n')[0] ?? 'bubblewrap fails';
}

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
