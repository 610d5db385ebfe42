import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import threads from 'node:worker_threads';
import { changedAt, look, type Look, type LookKind } from './look.ts';

/** What this process looked at so far. */
export interface Watched {
  readonly looks: readonly Look[];
  /** Undefined when all of them were asked for. */
  readonly variables?: readonly string[];
  /** In order: descriptor and text. */
  readonly printed: readonly (readonly [1 | 2, string])[];
}

/** What Node's functions on paths look at, by their names without `Sync`. */
const looking: Readonly<Record<string, LookKind>> = {
  stat: 'status',
  open: 'status',
  readFile: 'status',
  readdir: 'status',
  opendir: 'status',
  createReadStream: 'status',
  lstat: 'link',
  readlink: 'link',
  access: 'access',
  exists: 'access',
  realpath: 'real',
};
/** On what is open already. */
const onDescriptors = new Set(['close', 'read', 'readv', 'fstat', 'fsync', 'fdatasync']);
const starting = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'];

/** The open modes that change nothing. */
const changing =
  fs.constants.O_WRONLY |
  fs.constants.O_RDWR |
  fs.constants.O_CREAT |
  fs.constants.O_TRUNC |
  fs.constants.O_APPEND;

/** A file system may tell times no finer than this, in milliseconds: what changed this late may change again unseen. */
const coarsest = 2_000;
/** Looks at more than these are not remembered. */
const mostLooks = 50_000;

type Function = (this: unknown, ...given: unknown[]) => unknown;
type Functions = Record<string, unknown>;

/**
 * Watches what this process looks at from now on: paths, variables, and what it prints. It ends by itself when the process
 * does anything that another look cannot stand for: writes a file, starts a program or a thread, connects.
 *
 * @param first paths that are looked at before all others
 * @returns ends the watch, and gives what was seen; undefined where it ended before
 */
export function watch(first: readonly string[]): () => Watched | undefined {
  const started = Date.now();
  const looks = new Map<string, Look>();
  const variables = new Set<string>();
  const printed: (readonly [1 | 2, string])[] = [];
  const undo: (() => void)[] = [];
  let watching = true;
  let all = false;
  let inside = false;

  const end = (): void => {
    if (!watching) return;
    watching = false;
    for (const each of undo) each();
    syncBuiltinESMExports();
  };
  const put = (holder: Functions, name: string, value: unknown): void => {
    const before = holder[name];
    holder[name] = value;
    undo.push(() => {
      holder[name] = before;
    });
  };
  const takeLook = (kind: LookKind, given: unknown, mode?: number): void => {
    const path = pathOf(given);
    if (path === undefined) return;
    const key = `${kind} ${mode ?? ''} ${path}`;
    if (looks.has(key)) return;
    const seen = look(kind, path, mode);
    if ((changedAt(seen) ?? 0) > started - coarsest || looks.size >= mostLooks) end();
    else looks.set(key, { kind, path, seen, ...(mode === undefined ? {} : { mode }) });
  };
  const watched = (name: string, original: Function): Function => {
    const base = name.replace(/Sync$/, '');
    const kind = looking[base];
    return function (...given) {
      // What Node's own functions call in turn, and what the look itself calls, is no look of the program's.
      if (!watching || inside || isHistory(given[0])) return original.apply(this, given);
      inside = true;
      try {
        if (kind === undefined || !isReading(base, given)) end();
        else takeLook(kind, given[0], kind === 'access' ? modeOf(base, given[1]) : undefined);
      } finally {
        inside = false;
      }
      return original.apply(this, given);
    };
  };

  for (const path of first) takeLook('status', path);
  for (const holder of [fs, fs.promises] as unknown as Functions[]) {
    for (const [name, original] of Object.entries(holder)) {
      if (
        typeof original !== 'function' ||
        !/^[a-z]/.test(name) ||
        onDescriptors.has(name.replace(/Sync$/, ''))
      )
        continue;
      const wrapped = watched(name, original as Function);
      Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
      const native = (original as { readonly native?: Function }).native;
      if (native !== undefined) Object.assign(wrapped, { native: watched(name, native) });
      put(holder, name, wrapped);
    }
  }
  const ends = (holder: Functions, name: string): void => {
    const original = holder[name] as Function;
    put(holder, name, function (this: unknown, ...given: unknown[]) {
      end();
      return original.apply(this, given);
    });
  };
  for (const name of starting) ends(childProcess, name);
  ends(net.Socket.prototype as unknown as Functions, 'connect');
  put(
    threads,
    'Worker',
    class extends threads.Worker {
      constructor(...given: ConstructorParameters<typeof threads.Worker>) {
        end();
        super(...given);
      }
    },
  );
  put(
    process as unknown as Functions,
    'env',
    new Proxy(process.env, {
      get: (env, name) => (note(name), Reflect.get(env, name) as unknown),
      has: (env, name) => (note(name), Reflect.has(env, name)),
      getOwnPropertyDescriptor: (env, name) => (note(name), Reflect.getOwnPropertyDescriptor(env, name)),
      ownKeys: (env) => ((all = true), Reflect.ownKeys(env)),
    }),
  );
  for (const [descriptor, stream] of [
    [1, process.stdout],
    [2, process.stderr],
  ] as const) {
    const original = stream.write.bind(stream) as Function;
    put(stream as unknown as Functions, 'write', (...given: unknown[]) => {
      printed.push([descriptor, String(given[0])]);
      return original(...given);
    });
  }
  syncBuiltinESMExports();

  function note(name: string | symbol): void {
    if (typeof name === 'string') variables.add(name);
  }
  return () => {
    if (!watching) return undefined;
    end();
    return {
      looks: [...looks.values()],
      printed,
      ...(all ? {} : { variables: [...variables].sort() }),
    };
  };
}

/** What is kept of runs decides nothing. */
function isHistory(path: unknown): boolean {
  return typeof path === 'string' && /\/history\/runs(?:\/|$)/.test(path);
}

/** Absolute; undefined for a descriptor, and for what is no path. */
function pathOf(given: unknown): string | undefined {
  if (given instanceof URL) return fileURLToPath(given);
  if (Buffer.isBuffer(given)) return resolve(given.toString());
  return typeof given === 'string' ? resolve(given) : undefined;
}

function modeOf(base: string, given: unknown): number {
  return base === 'access' && typeof given === 'number' ? given : fs.constants.F_OK;
}

/** Whether a call that may also write does not. */
function isReading(base: string, given: readonly unknown[]): boolean {
  const options = given[1];
  const flag =
    base === 'open' ? options : isRecord(options) ? (options['flag'] ?? options['flags']) : undefined;
  if (typeof flag === 'number') return (flag & changing) === 0;
  return typeof flag !== 'string' || flag === 'r' || flag === 'rs';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
