import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts a worker thread: from `dist/workers/NAME.js` when this code itself runs from a bundle in `dist`, else from the
 * source by tsx.
 * @param entry the thread's module, `new URL('./NAME.ts', import.meta.url)`
 */
export function startWorker(entry: URL, workerData: unknown): Worker {
  const bundled = bundledEntry(import.meta.url, basename(entry.pathname, '.ts'));
  if (bundled !== undefined) return new Worker(bundled, { workerData, execArgv: [] });
  // Node 20 does not apply --import to a worker's own entry, so a line of script registers tsx and imports it.
  const tsx = import.meta.resolve('tsx/esm/api');
  const script = `import(${JSON.stringify(tsx)}).then((tsx) => (tsx.register(), import(${JSON.stringify(entry.href)})))`;
  return new Worker(script, { eval: true, workerData, execArgv: [] });
}

/** The bundle splits into chunks at any depth below `dist`: the last folder of that name is the one. */
function bundledEntry(from: string, name: string): string | undefined {
  const dist = from.lastIndexOf('/dist/');
  if (dist < 0) return undefined;
  const entry = fileURLToPath(`${from.slice(0, dist)}/dist/workers/${name}.js`);
  return existsSync(entry) ? entry : undefined;
}
