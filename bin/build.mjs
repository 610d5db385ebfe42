// @ts-check
// Builds dist/: the command line, the scripts of the steps, the workers. Bundled, because loading a hundred small files
// costs a no-op run more than all its work (docs/architecture.md, "Two ways to run"). Started by itself it builds what
// the published package has: the types of cidermill/step, the man page and the licences of what is built in, too.
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { argv, execPath, pid } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { bundledLicences } from './licences.mjs';
import { emitTypes } from './step-types.mjs';

const self = fileURLToPath(import.meta.url);

/** Found at run time by path, or loading files of their own: not bundled, so they are the package's dependencies. */
const external = ['esbuild', '@cyclonedx/cyclonedx-library', '@toondepauw/node-zstd'];

/**
 * Builds expressions whose making takes a tenth of a no-op run: evaluated when it is first called.
 * @type {esbuild.Plugin}
 */
const lateStringWidth = {
  name: 'late-string-width',
  setup(build) {
    build.onResolve({ filter: /^string-width$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'string-width', namespace: 'late' } : undefined,
    );
    build.onLoad({ filter: /^string-width$/, namespace: 'late' }, () => ({
      contents: "export default (...given) => require('string-width').default(...given);",
      resolveDir: dirname(self),
    }));
  },
};

/** Tells which files each script loads, in the build that it is part of. */
const teller = { in: 'src/engine/script/built-scripts.ts', out: 'built-scripts' };

/**
 * Builds into a folder of its own and puts it in place when it is whole.
 * @param {string} root absolute path of the checkout
 * @param {{ forPackage?: boolean }} [options]
 */
export async function build(root, { forPackage = false } = {}) {
  const work = join(root, `dist.${pid}`);
  const scripts = readdirSync(join(root, 'scripts')).filter((name) => name.endsWith('.ts'));
  const workers = findWorkers(root);
  try {
    const { metafile } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: [
        { in: 'src/up-to-date/start.ts', out: 'up-to-date' },
        { in: 'src/cli/main.ts', out: 'cidermill' },
        { in: 'src/step/index.ts', out: 'step' },
        { in: 'src/step/start.ts', out: 'start' },
        teller,
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
      conditions: ['cidermill-source'],
      sourcemap: !forPackage,
      legalComments: 'none',
      external,
      plugins: [lateStringWidth],
      metafile: true,
      banner: {
        js: "import { createRequire as _cr } from 'node:module';\nconst require = _cr(import.meta.url);",
      },
      logLevel: 'warning',
    });
    const { tableFile, tableOf } = await import(pathToFileURL(join(work, `${teller.out}.js`)).href);
    writeFileSync(join(work, tableFile), JSON.stringify(tableOf(root, basename(work), metafile)));
    if (forPackage) {
      const page = spawnSync(execPath, [join(work, 'cidermill.js'), 'man'], { encoding: 'utf8' });
      if (page.status !== 0) throw new Error(`the man page could not be made: ${page.stderr}`);
      writeFileSync(join(work, 'cidermill.1'), page.stdout);
      writeFileSync(join(work, 'licences.txt'), bundledLicences(root, Object.keys(metafile.inputs)));
      emitTypes(root, join(work, 'types'));
    }
    writeFileSync(join(work, '.built'), '');
    const dist = join(root, 'dist');
    if (existsSync(dist)) renameSync(dist, `${work}.old`);
    renameSync(work, dist);
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(`${work}.old`, { recursive: true, force: true });
  }
}

/**
 * The modules that are started as worker threads: every *-worker.ts below src/.
 * @param {string} root
 */
function findWorkers(root) {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('-worker.ts'))
    .map((path) => join('src', path));
}

if (argv[1] === self) await build(dirname(dirname(self)), { forPackage: true });
