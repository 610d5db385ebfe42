import { existsSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { timerTick } from '../../host/index.ts';
import type { Memo } from '../../store/index.ts';
import type { Closure } from './closure.ts';

/** A closure with all that would make it another one if it changed. */
interface Remembered {
  /** Absolute path → what stat says of it; of a folder when its names changed. */
  readonly looks: Readonly<Record<string, string>>;
  readonly closure: Closure;
}

/** Milliseconds in which a closure is not looked at again: a run asks for it once for each of a script's steps. */
const recent = 100;
const recalled = new WeakMap<Memo, Map<string, { readonly closure: Closure; readonly until: number }>>();

/**
 * The closure remembered under a name, if nothing that it came from looks different. Who changes a file while it is not
 * looked at is told so when the script is started.
 */
export function recallClosure(memo: Memo, name: string): Closure | undefined {
  const known = recalled.get(memo)?.get(name);
  if (known !== undefined && performance.now() < known.until) return known.closure;
  const until = performance.now() + recent;
  const closure = lookUp(memo, name);
  const all = recalled.get(memo) ?? new Map<string, { closure: Closure; until: number }>();
  if (closure === undefined) all.delete(name);
  else recalled.set(memo, all.set(name, { closure, until }));
  return closure;
}

function lookUp(memo: Memo, name: string): Closure | undefined {
  const text = memo.get(name);
  if (text === undefined) return undefined;
  const { looks, closure } = JSON.parse(text) as Remembered;
  return Object.entries(looks).every(([path, look]) => lookOf(path) === look) ? closure : undefined;
}

/** A closure that was just made. */
export interface MadeClosure {
  readonly closure: Closure;
  /** Absolute: the files it was made from. */
  readonly sources: readonly string[];
  /** When the first of them was read at the earliest, in milliseconds since 1970. */
  readonly began: number;
}

/**
 * Remembers a closure.
 * @param root absolute, of the project
 * @returns false where something changed so late before it was read that another change may not show
 */
export async function rememberClosure(
  memo: Memo,
  name: string,
  { closure, sources, began }: MadeClosure,
  root: string,
): Promise<boolean> {
  const watched = new Set(sources);
  // A new file, package or package.json can stand in for what an import found, in any of these folders.
  for (const source of sources) {
    for (let folder = dirname(source); !watched.has(folder); folder = dirname(folder)) {
      watched.add(folder);
      for (const inside of ['package.json', 'node_modules']) {
        const path = join(folder, inside);
        if (existsSync(path)) watched.add(path);
      }
      if (folder === root || !folder.startsWith(root + sep)) break;
    }
  }
  const looks = Object.fromEntries([...watched].map((path) => [path, lookOf(path)]));
  if ([...watched].some((path) => changed(path) > began - timerTick)) return false;
  await memo.set(name, JSON.stringify({ looks, closure } satisfies Remembered));
  return true;
}

function lookOf(path: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return '';
  const { size, mtimeMs, ctimeMs, ino } = info;
  return info.isDirectory() ? `${mtimeMs} ${ino}` : `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
}

/** When the kernel saw it change, in milliseconds since 1970. Of a folder only its names count, whose time anyone can set. */
function changed(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return 0;
  return info.isDirectory() ? Math.min(info.mtimeMs, info.ctimeMs) : info.ctimeMs;
}
