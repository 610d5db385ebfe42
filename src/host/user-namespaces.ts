import { spawnSync } from 'node:child_process';
import { findTool } from './tools.ts';

/**
 * May this user make the namespaces that a sandbox needs? Asked of bubblewrap itself, since kernels, distributions and
 * containers forbid it in different ways.
 * @returns undefined if so, else what bubblewrap says
 */
export function sandboxFault(): string | undefined {
  const bwrap = findTool('bwrap');
  if (bwrap === undefined) return 'bubblewrap is not installed';
  const args = ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', 'true'];
  const run = spawnSync(bwrap, args, { encoding: 'utf8', timeout: 10_000 });
  if (run.status === 0) return undefined;
  return run.stderr.trim().split('\n')[0] ?? 'bubblewrap fails';
}
