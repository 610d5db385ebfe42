import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The files below a folder that hold a text, with their paths. Sockets, pipes and links are passed over. */
export function filesWith(folder: string, text: string): string[] {
  const needle = Buffer.from(text, 'latin1');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => unlessGone(() => readFileSync(path))?.includes(needle) === true);
}

/** Where a text stands in what /proc shows of every process: "pid cmdline". */
export function processesWith(
  text: string,
): { readonly pid: number; readonly where: 'cmdline' | 'environ' }[] {
  const needle = Buffer.from(text, 'latin1');
  return pids().flatMap((pid) =>
    (['cmdline', 'environ'] as const).flatMap((where) =>
      unlessGone(() => readFileSync(`/proc/${pid}/${where}`))?.includes(needle) === true
        ? [{ pid, where }]
        : [],
    ),
  );
}

/** The processes that run a program of that name and were started, through others or not, by this process. */
export function descendantsRunning(name: string, ancestor: number): number[] {
  return pids().filter((pid) => {
    const program = unlessGone(() => readlinkSync(`/proc/${pid}/exe`));
    return program?.endsWith(`/${name}`) === true && comesFrom(pid, ancestor);
  });
}

function comesFrom(pid: number, ancestor: number): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parentOf(at))
    if (at === ancestor) return true;
  return false;
}

/** proc(5): the parent is the second field after the name, which ends at the last parenthesis. */
function parentOf(pid: number): number | undefined {
  const stat = unlessGone(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Files and processes may go while they are looked at. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL'].includes(code ?? '')) return undefined;
    throw error;
  }
}
