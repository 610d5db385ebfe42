import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { canonicalJson, sha256, type Sha256 } from '../../base/index.ts';
import { closeOver, type Closure } from './closure.ts';

/** As much of esbuild's metafile as is read here; paths are relative to the package's root. */
export interface BuildRecord {
  readonly inputs: Readonly<Record<string, { readonly imports: readonly Import[] }>>;
  readonly outputs: Readonly<
    Record<string, { readonly imports: readonly Import[]; readonly entryPoint?: string }>
  >;
}

interface Import {
  readonly path: string;
  readonly external?: boolean;
}

/** What dist/scripts.json says of the package's own scripts: tables, and indices into them. */
interface Table {
  readonly modules: readonly (readonly [string, Sha256])[];
  readonly packages: readonly (readonly [string, Sha256])[];
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, Row>>;
}

interface Row {
  readonly modules: readonly number[];
  readonly packages: readonly number[];
  readonly files: readonly number[];
}

/** One of the package's own scripts as the build left it. */
export interface BuiltScript {
  readonly closure: Closure;
  /** Relative to dist/: what it loads, itself the first. */
  readonly files: readonly string[];
}

export const tableFile = 'scripts.json';
/** Starts every script; relative to dist/. */
export const startFile = 'start.js';

/**
 * Tells of each script of a build what it was made from and what it loads, with the worker threads it may start.
 * @param root absolute: of the package
 * @param outdir relative to the root: where the build went
 */
export function tableOf(root: string, outdir: string, { inputs, outputs }: BuildRecord): Table {
  const entries = new Map(
    Object.entries(outputs).flatMap(([output, { entryPoint }]) =>
      entryPoint === undefined || output.endsWith('.map') ? [] : [[entryPoint, output] as const],
    ),
  );
  const workers = [...entries.keys()].filter((entry) => entry.endsWith('-worker.ts'));
  const texts = new Map<string, string>();
  const modules = indexed<Sha256>();
  const packages = indexed<Sha256>();
  const files = indexed<undefined>();
  const scripts: Record<string, Row> = {};
  for (const [entry, output] of entries) {
    if (!entry.startsWith('scripts/') && !entry.startsWith('src/step/')) continue;
    const started = workersOf(entry, inputs, workers, (path) => textOf(root, path, texts));
    const own = reach([entry, ...started], inputs);
    const closure = closeOver(
      own.map((path) => resolve(root, path)),
      [root],
    );
    const loaded = reach([output, ...started.map((worker) => entries.get(worker) ?? '')], outputs);
    scripts[entry] = {
      modules: Object.entries(closure.modules).map((each) => modules.add(each)),
      packages: Object.entries(closure.packages).map((each) => packages.add(each)),
      files: loaded.map((path) => files.add([path.slice(outdir.length + 1), undefined])),
    };
  }
  return {
    modules: modules.rows,
    packages: packages.rows,
    scripts,
    files: files.rows.map(([name]) => name),
  };
}

/** Reads what the build said of a script. @param dist absolute. @returns undefined for a script that was not built */
export function readBuiltScript(dist: string, script: string): BuiltScript | undefined {
  const table = tables.get(dist) ?? readTable(dist);
  tables.set(dist, table);
  const row = Object.hasOwn(table.scripts, script) ? table.scripts[script] : undefined;
  if (row === undefined) return undefined;
  const pick = <T>(all: readonly T[], indices: readonly number[]): T[] =>
    indices.flatMap((index) => all[index] ?? []);
  const pairs = (
    all: readonly (readonly [string, Sha256])[],
    indices: readonly number[],
  ): Record<string, Sha256> =>
    Object.fromEntries(indices.flatMap((index) => (all[index] ? [all[index]] : [])));
  return {
    closure: {
      modules: pairs(table.modules, row.modules),
      packages: pairs(table.packages, row.packages),
    },
    files: pick(table.files, row.files),
  };
}

/** A digest of the sources of all of the package's own scripts: two builds that have the same run the same. */
export function buildDigest(dist: string): Sha256 {
  const { modules, packages } = readTable(dist);
  return sha256(canonicalJson([Object.fromEntries(modules), Object.fromEntries(packages)]));
}

const tables = new Map<string, Table>();

function readTable(dist: string): Table {
  return JSON.parse(readFileSync(join(dist, tableFile), 'utf8')) as Table;
}

/** A step's worker threads: a module starts one by its file's name, which is no import. */
function workersOf(
  entry: string,
  inputs: BuildRecord['inputs'],
  workers: readonly string[],
  text: (path: string) => string,
): string[] {
  const started = new Set<string>();
  for (let found = -1; found !== started.size;) {
    found = started.size;
    for (const path of reach([entry, ...started], inputs)) {
      if (path.includes('node_modules/')) continue;
      for (const worker of workers) if (namesWorker(text(path), worker)) started.add(worker);
    }
  }
  return [...started].sort();
}

function namesWorker(text: string, worker: string): boolean {
  const name = worker.slice(worker.lastIndexOf('/') + 1, -'.ts'.length);
  return new RegExp(`['"\`/]${name}(\\.ts)?['"\`]`).test(text);
}

/** What can be reached by imports; the library of the step protocol is left out, since its version is in every key. */
function reach(
  entries: readonly string[],
  graph: Readonly<Record<string, { readonly imports: readonly Import[] }>>,
): string[] {
  const wanted = (path: string): boolean => !path.startsWith('src/step/') && Object.hasOwn(graph, path);
  const reached = new Set(entries.filter(wanted));
  // A set gives what is added while it is walked.
  for (const path of reached) {
    for (const each of graph[path]?.imports ?? [])
      if (each.external !== true && wanted(each.path)) reached.add(each.path);
  }
  return [...reached];
}

function textOf(root: string, path: string, texts: Map<string, string>): string {
  let text = texts.get(path);
  if (text === undefined) texts.set(path, (text = readFileSync(join(root, path), 'utf8')));
  return text;
}

/** Rows without repetition, each by its number. */
function indexed<T>(): { rows: (readonly [string, T])[]; add(row: readonly [string, T]): number } {
  const numbers = new Map<string, number>();
  const rows: (readonly [string, T])[] = [];
  const add = (row: readonly [string, T]): number => {
    const known = numbers.get(row.join(' '));
    if (known !== undefined) return known;
    numbers.set(row.join(' '), rows.length);
    return rows.push(row) - 1;
  };
  return { rows, add };
}
