import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { Failure } from '../../base/index.ts';
import { closeOver, type Closure } from './closure.ts';
import { loadFailure } from './load-failure.ts';

/** Script and recipe as a project has them. */
export interface ScriptPlace {
  /** Absolute, without links. */
  readonly root: string;
  /** Relative to the root. */
  readonly script: string;
  /** Relative to the root: what else is there, since the recipe declares it. */
  readonly files: readonly string[];
}

/** A script made one file, with all that it imports in it. */
export interface ScriptBundle {
  readonly closure: Closure;
  /** Absolute: all that was read. */
  readonly sources: readonly string[];
  /** Path relative to a folder that stands for the project's root → content; the script's own is `entry`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly entry: string;
}

const codeExtensions = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']);

/**
 * Bundles a script, and each module its recipe declares beside it, by esbuild: what none of them imports is not in it.
 * @param stepLibrary the module that `cidermill/step` is, by its path where the script runs
 * @throws Failure 'bad-script' naming the place of the fault
 */
export async function bundleScript(place: ScriptPlace, stepLibrary: string): Promise<ScriptBundle> {
  const { root } = place;
  const sources = new Set<string>();
  const files = new Map<string, Uint8Array>();
  const bundle = async (path: string): Promise<string> => {
    const made = await bundleModule(root, path, stepLibrary);
    for (const source of made.sources) sources.add(source);
    const to = path.replace(/\.([mc]?)ts$/, '.$1js');
    files.set(to, made.code);
    return to;
  };
  const entry = await bundle(place.script);
  for (const path of place.files) {
    const whole = realpathSync(inRoot(root, path));
    if (codeExtensions.has(extname(path))) await bundle(path);
    else files.set(path, readFileSync(whole));
    sources.add(whole);
  }
  return { closure: closeOver(sources, [root]), sources: [...sources], files, entry };
}

function inRoot(root: string, path: string): string {
  const whole = resolve(root, path);
  if (existsSync(whole)) return whole;
  throw new Failure('no-script-file', `the script file ${path} is not there`, {
    hint: 'The recipe names it under "script-files".',
  });
}

async function bundleModule(
  root: string,
  path: string,
  stepLibrary: string,
): Promise<{ code: Uint8Array; sources: string[] }> {
  const { default: esbuild } = await import('esbuild');
  try {
    const { outputFiles, metafile } = await esbuild.build(optionsFor(root, path, stepLibrary));
    const sources = Object.keys(metafile.inputs)
      .map((input) => resolve(root, input))
      .filter((source) => existsSync(source));
    return { code: outputFiles[0]?.contents ?? new Uint8Array(), sources };
  } catch (error) {
    throw loadFailure(error, root) ?? error;
  }
}

function optionsFor(
  root: string,
  path: string,
  stepLibrary: string,
): BuildOptions & { readonly write: false; readonly metafile: true } {
  const up = '../'.repeat(path.split('/').length - 1);
  return {
    absWorkingDir: root,
    entryPoints: [path],
    outdir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    sourcemap: 'inline',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'silent',
    // What a key does not name must not change the code: neither a tsconfig.json nor "sideEffects" in a package.json.
    tsconfigRaw: {},
    ignoreAnnotations: true,
    banner: {
      js: [
        "import { createRequire as cidermill$require } from 'node:module';",
        "import { fileURLToPath as cidermill$path } from 'node:url';",
        `const cidermill$root = new URL(${JSON.stringify(up === '' ? './' : up)}, import.meta.url);`,
        'globalThis.require ??= cidermill$require(import.meta.url);',
      ].join(' '),
    },
    plugins: [stepModule(stepLibrary), moduleUrls(root, path)],
  };
}

/** `cidermill/step` is the library of the program that runs, whatever version the project has installed. */
function stepModule(stepLibrary: string): Plugin {
  return {
    name: 'step',
    setup(build) {
      build.onResolve({ filter: /^cidermill\/step$/ }, () => ({ path: stepLibrary, external: true }));
    },
  };
}

/** Keeps `import.meta` of each of the project's modules what it would be if it were a file of its own. */
function moduleUrls(root: string, entry: string): Plugin {
  return {
    name: 'module-urls',
    setup(build) {
      build.onLoad({ filter: /\.[mc]?[jt]s$/ }, ({ path }) => {
        const name = relative(root, path).split(sep).join('/');
        if (name === entry || name.startsWith('../') || name.includes('node_modules/')) return undefined;
        const text = readFileSync(path, 'utf8');
        if (!text.includes('import.meta.')) return undefined;
        const url = `new URL(${JSON.stringify(name)}, cidermill$root)`;
        const contents = text
          .replaceAll(/\bimport\.meta\.url\b/g, `${url}.href`)
          .replaceAll(/\bimport\.meta\.filename\b/g, `cidermill$path(${url})`)
          .replaceAll(/\bimport\.meta\.dirname\b/g, `cidermill$path(new URL('.', ${url})).slice(0, -1)`);
        const loader = /ts$/.test(path) ? 'ts' : 'js';
        return { contents, loader, resolveDir: join(path, '..') };
      });
    },
  };
}
