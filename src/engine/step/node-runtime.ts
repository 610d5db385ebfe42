import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The Node that runs this program, as it is shown in a sandbox: with its own loader and libraries, whatever lies there. */
export interface NodeRuntime {
  /** Paths on the host, and where they are shown. */
  readonly files: readonly (readonly [from: string, to: string])[];
  /** The beginning of a command line that starts it there. */
  readonly command: readonly string[];
}

/** The loader's name: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld64.so.2 … */
const isLoader = (path: string): boolean => /^ld(64)?[-.]/.test(basename(path));

let libraries: readonly string[] | undefined;

/** @param folder absolute, inside the sandbox: where all of it is shown */
export function nodeRuntime(folder: string): NodeRuntime {
  libraries ??= loadedLibraries();
  const node = join(folder, 'bin/node');
  const shown = libraries.map((path) => [realpathSync(path), join(folder, 'lib', basename(path))] as const);
  const loader = shown.find(([, to]) => isLoader(to))?.[1];
  return {
    files: [[realpathSync(process.execPath), node], ...shown],
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
