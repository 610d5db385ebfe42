import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts a worker thread whose entry is src/image/NAME.ts: from `dist/workers/NAME.js` when this code itself runs from
 * a bundle in `dist`, else from the source by tsx.
 */
export function startWorker(name: string, workerData: unknown): Worker {
  const bundled = bundledEntry(import.meta.url, name);
  if (bundled !== undefined) return new Worker(bundled, { workerData, execArgv: [] });
  // Node 20 does not apply --import to a worker's own entry, so a line of script registers tsx and imports it.
  const tsx = import.meta.resolve('tsx/esm/api');
  const entry = new URL(`./${name}.ts`, import.meta.url).href;
  const script = `import(${JSON.stringify(tsx)}).then((tsx) => (tsx.register(), import(${JSON.stringify(entry)})))`;
  return new Worker(script, { eval: true, workerData, execArgv: [] });
}

/** The bundle splits into chunks at any depth below `dist`: the last folder of that name is the one. */
function bundledEntry(from: string, name: string): string | undefined {
  const dist = from.lastIndexOf('/dist/');
  if (dist < 0) return undefined;
  const entry = fileURLToPath(`${from.slice(0, dist)}/dist/workers/${name}.js`);
  return existsSync(entry) ? entry : undefined;
}
