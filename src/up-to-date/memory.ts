import type { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { look, type LookKind } from './look.ts';
import type { Watched } from './watch.ts';

/** What a run that had nothing to do looked at, and what it printed. */
export interface Memory {
  /** The command line, where it was given, and to which Node. */
  readonly asked: string;
  /** The variables that it asked for; undefined for all of them. */
  readonly variables?: readonly string[];
  /** What else decides: the variables' values, who runs it. */
  readonly circumstances: string;
  /** As [kind, path, seen] or [kind, path, seen, mode]. */
  readonly looks: readonly (readonly [LookKind, string, string, number?])[];
  readonly printed: Watched['printed'];
  /** How long it took, as it stands in what was printed. */
  readonly took: string;
  /** The file in the history of runs that it was kept in; undefined where none is kept. */
  readonly kept?: string;
}

type Crypto = { readonly createHash: typeof createHash };

/** Bytes; a longer one is not read. */
const longest = 16 * 1024 * 1024;
/** Milliseconds: a run whole now and then does what a day asks for, such as telling the store what is in use. */
const oldest = 12 * 3_600_000;
/** Memories that a folder keeps. */
const most = 100;

/** What tells one memory from another. */
function asked(): string {
  return JSON.stringify([process.argv, process.cwd(), process.execPath, process.version]);
}

/** The file that a command line's memory is kept in. Two that share one drop each other's. */
export function memoryFile(folder: string): string {
  return `${folder}/${shortHash(asked())}.json`;
}

/** Undefined where no memory exists, or where it is not fit for use. */
export function readMemory(file: string): Memory | undefined {
  try {
    const { size, mtimeMs } = statSync(file);
    if (size > longest || Date.now() - mtimeMs > oldest) return undefined;
    const memory = JSON.parse(readFileSync(file, 'utf8')) as Memory;
    return memory.asked === asked() && isSound(memory) ? memory : undefined;
  } catch {
    return undefined;
  }
}

function isSound({ looks, printed, took, variables = [] }: Memory): boolean {
  return (
    typeof took === 'string' &&
    variables.every((name) => typeof name === 'string') &&
    looks.every(([kind, path, seen]) => [kind, path, seen].every((each) => typeof each === 'string')) &&
    printed.every(([descriptor, text]) => [1, 2].includes(descriptor) && typeof text === 'string')
  );
}

/** What can be remembered of a run that was watched. */
export function memoryOf(watched: Watched, took: string, kept: string | undefined): Memory {
  const { variables, looks, printed } = watched;
  return {
    asked: asked(),
    ...(variables === undefined ? {} : { variables }),
    circumstances: circumstancesOf(variables),
    looks: looks.map(({ kind, path, seen, mode }) =>
      mode === undefined ? [kind, path, seen] : [kind, path, seen, mode],
    ),
    printed,
    took,
    ...(kept === undefined ? {} : { kept }),
  };
}

/** Whether nothing that decided then is different now. */
export function holds({ variables, circumstances, looks }: Memory): boolean {
  return (
    circumstances === circumstancesOf(variables) &&
    looks.every(([kind, path, seen, mode]) => look(kind, path, mode) === seen)
  );
}

/** Writes a memory by rename, and drops the oldest where there are too many. What cannot be written is left out. */
export function writeMemory(folder: string, file: string, memory: Memory): void {
  const text = JSON.stringify(memory);
  if (text.length > longest) return;
  const work = join(folder, `.${process.pid}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return;
  }
  try {
    writeFileSync(work, text, { mode: 0o600 });
    renameSync(work, file);
    dropOldest(folder);
  } catch {
    rmSync(work, { force: true });
  }
}

function dropOldest(folder: string): void {
  const names = readdirSync(folder);
  if (names.length <= most) return;
  const aged = names
    .map((name) => ({ name, age: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.age - a.age);
  for (const { name } of aged.slice(most)) rmSync(join(folder, name), { force: true });
}

/** @param variables undefined for all of them */
function circumstancesOf(variables?: readonly string[]): string {
  const names = variables ?? Object.keys(process.env).sort();
  return JSON.stringify([
    names.map((name) => [name, valueOf(name)]),
    homedir(),
    process.getuid?.(),
    process.getgid?.(),
    process.getgroups?.(),
  ]);
}

/** Variables that nobody keeps a secret in. Of all others a digest is kept: one may be a token. */
const plain =
  /^(?:CI|CIDERMILL_STORE|CIDERMILL_UPDATE_VANISHED|FORCE_COLOR|HOME|LANG|LC_.*|NO_COLOR|PATH|PWD|TERM|TMPDIR|TZ|XDG_.*)$/;

function valueOf(name: string): string | undefined {
  const value = process.env[name];
  if (value === undefined || plain.test(name)) return value;
  // Loading it takes as long as all else.
  const crypto = createRequire(import.meta.url)('node:crypto') as Crypto;
  return crypto.createHash('sha256').update(value).digest('hex');
}

/** 64 bits of FNV-1a's kind in two halves, as hexadecimal digits. */
function shortHash(text: string): string {
  let [a, b] = [0x811c9dc5, 0x1b873593];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
