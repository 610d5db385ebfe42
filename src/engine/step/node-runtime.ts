import { closeSync, existsSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * The Node that runs this program, as it is shown in a sandbox: with its own loader and libraries, whatever lies there. Parts
 * that it reads by a path that was compiled in, as Debian's does, are shown at that path.
 */
export interface NodeRuntime {
  /** Paths on the host, and where they are shown. */
  readonly files: readonly (readonly [from: string, to: string])[];
  /** The beginning of a command line that starts it there. */
  readonly command: readonly string[];
}

/** The loader's name: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld64.so.2 … */
const isLoader = (path: string): boolean => /^ld(64)?[-.]/.test(basename(path));

/** Debian's package libnode leaves modules of Node's own out, and has these files read at every start. */
const builtinFile = /\/usr\/share\/nodejs\/[\w./-]+\.js(?=\0)/g;

let libraries: readonly string[] | undefined;
let builtins: readonly string[] | undefined;

/** @param folder absolute, inside the sandbox: where all of it is shown */
export function nodeRuntime(folder: string): NodeRuntime {
  libraries ??= loadedLibraries();
  const node = join(folder, 'bin/node');
  const shown = libraries.map((path) => [realpathSync(path), join(folder, 'lib', basename(path))] as const);
  const loader = shown.find(([, to]) => isLoader(to))?.[1];
  builtins ??= libraries.filter((path) => basename(path).startsWith('libnode.')).flatMap(builtinFiles);
  return {
    files: [
      [realpathSync(process.execPath), node],
      ...shown,
      ...builtins.map((path) => [realpathSync(path), path] as const),
    ],
    command: loader === undefined ? [node] : [loader, '--library-path', join(folder, 'lib'), node],
  };
}

/** The shared objects of this process that are files, by the names they were looked for. */
function loadedLibraries(): string[] {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  const { sharedObjects } = report.getReport() as unknown as { sharedObjects: readonly string[] };
  report.excludeNetwork = excludeNetwork;
  return sharedObjects.filter((path) => path.startsWith('/') && !path.endsWith('.node'));
}

/** The files that a libnode names and that are there. */
function builtinFiles(library: string): string[] {
  const found = new Set<string>();
  const memory = Buffer.alloc(2 ** 20);
  const overlap = 4096;
  const file = openSync(library, 'r');
  try {
    for (let at = 0, kept = 0; ;) {
      const count = readSync(file, memory, kept, memory.length - kept, at);
      if (count === 0) break;
      at += count;
      const text = memory.toString('latin1', 0, kept + count);
      for (const [path] of text.matchAll(builtinFile)) if (existsSync(path)) found.add(path);
      const end = kept + count;
      kept = Math.min(overlap, end);
      memory.copyWithin(0, end - kept, end);
    }
  } finally {
    closeSync(file);
  }
  return [...found].sort();
}
