// Builds dist/: the command line, the scripts of the steps, the workers. Bundled, because loading a hundred small files
// costs a no-op run more than all its work (docs/architecture.md, "Two ways to run").
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pid } from 'node:process';
import esbuild from 'esbuild';

/** Found at run time by path, or loading files of their own: not bundled. */
const external = ['tsx', 'esbuild', 'xz-decompress', '@cyclonedx/cyclonedx-library'];

/** Builds into a folder of its own and puts it in place when it is whole. */
export async function build(root) {
  const work = join(root, `dist.${pid}`);
  const start = Date.now();
  const scripts = readdirSync(join(root, 'scripts')).filter((name) => name.endsWith('.ts'));
  const workers = findWorkers(root);
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: [
        { in: 'src/cli/main.ts', out: 'cidermill' },
        { in: 'src/step/index.ts', out: 'step' },
        ...scripts.map((name) => ({ in: `scripts/${name}`, out: `scripts/${basename(name, '.ts')}` })),
        ...workers.map((path) => ({ in: path, out: `workers/${basename(path, '.ts')}` })),
      ],
      outdir: work,
      chunkNames: 'chunks/[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      legalComments: 'linked',
      external,
      banner: {
        js: "import { createRequire as _cr } from 'node:module';\nconst require = _cr(import.meta.url);",
      },
      logLevel: 'warning',
    });
    writeFileSync(join(work, '.built'), '');
    const dist = join(root, 'dist');
    if (existsSync(dist)) renameSync(dist, `${work}.old`);
    renameSync(work, dist);
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(`${work}.old`, { recursive: true, force: true });
  }
  return Date.now() - start;
}

/** The modules that are started as worker threads: every *-worker.ts below src/. */
function findWorkers(root) {
  return readdirSync(join(root, 'src'), { recursive: true })
    .filter((path) => path.endsWith('-worker.ts'))
    .map((path) => join('src', path));
}
