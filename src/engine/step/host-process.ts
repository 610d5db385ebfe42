import { spawnSync } from 'node:child_process';
import { findTool } from '../../host/index.ts';

/** Ends the process that becomes of it by exec when the one that started it ends, however that ends. */
const deathSignal = ['setpriv', '--pdeathsig', 'KILL', '--'];

/** A world of processes and mounts of its own, which ends with its first process; the rest of the command is that process. */
const ownWorld = ['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];

/**
 * The beginning of a command line on the host: what it starts ends with the engine, and where this user may make
 * namespaces without giving up other users' numbers, which is root, everything that this starts too, and its mounts.
 * @param watched by a program of its own, which must not end with the first process
 */
export function endsWithEngine(watched: boolean): readonly string[] {
  const ending = findTool('setpriv') === undefined ? [] : deathSignal;
  if (watched || process.getuid?.() !== 0) return ending;
  namespaces ??= ownNamespaces();
  return [...ending, ...namespaces];
}

let namespaces: readonly string[] | undefined;

function ownNamespaces(): readonly string[] {
  const worlds = [[...ownWorld, '--mount-proc'], ownWorld];
  return worlds.find(([program = '', ...args]) => spawnSync(program, [...args, 'true']).status === 0) ?? [];
}
