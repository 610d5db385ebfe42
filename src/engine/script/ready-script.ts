import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot, settle } from '../../host/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { Memo } from '../../store/index.ts';
import { readBuiltScript, startFile } from './built-scripts.ts';
import { bundleScript, type ScriptPlace } from './bundle-script.ts';
import { type MadeClosure, recallClosure, rememberClosure } from './closure-memo.ts';
import type { Closure } from './closure.ts';

/** A script with all that it loads, ready to be started. */
export interface ReadyScript {
  readonly closure: Closure;
  /** Files of the host's, and where each has to be seen by who starts the script in a sandbox. @param folder absolute, in there */
  shown(folder: string): readonly (readonly [from: string, to: string])[];
  /** Node's arguments. @param folder the one that its files are shown in, or the package's root */
  arguments(folder: string): readonly string[];
}

const dist = join(packageRoot, 'dist');
/** What every script is started by, and what it imports as `cidermill/step`. */
const library = ['src/step/start.ts', 'src/step/index.ts'] as const;

/** Where a recipe's script is. */
export function scriptPlace({ root, script, scriptFiles }: Recipe): ScriptPlace {
  return { root: realpathSync.native(root), script: script.value, files: scriptFiles.value };
}

/**
 * The code that a script's outcome may depend on: of the package's own scripts as the build left them, of a project's by
 * esbuild.
 * @throws Failure 'bad-script'
 */
export async function scriptClosure(place: ScriptPlace, memo: Memo): Promise<Closure> {
  const built = ownScript(place);
  if (built !== undefined) return built.closure;
  const name = [place.root, place.script, ...place.files].join('\n');
  const known = recallClosure(memo, name);
  if (known !== undefined) return known;
  const made = await makeClosure(place);
  if (await rememberClosure(memo, name, made, place.root)) return made.closure;
  await settle(Date.now());
  const again = await makeClosure(place);
  await rememberClosure(memo, name, again, place.root);
  return again.closure;
}

async function makeClosure(place: ScriptPlace): Promise<MadeClosure> {
  const began = Date.now();
  return { ...(await bundleScript(place, stepModule(packageRoot))), began };
}

/** The files that a script is made of, absolute: for who takes a project elsewhere. @throws Failure 'bad-script' */
export async function scriptSources(place: ScriptPlace): Promise<readonly string[]> {
  const built = ownScript(place);
  if (built !== undefined) return Object.keys(built.closure.modules).map((name) => join(packageRoot, name));
  const { sources } = await bundleScript(place, stepModule(packageRoot));
  const files = new Set(sources);
  for (const source of sources) {
    for (let folder = dirname(source); folder.startsWith(place.root + sep); folder = dirname(folder))
      if (existsSync(join(folder, 'package.json'))) files.add(join(folder, 'package.json'));
  }
  return [...files];
}

/**
 * Makes a script ready.
 * @param folder absolute: an empty one for what is made of a project's script
 * @param seenAt absolute: where `shown` will show it, or the package's root for a script on the host
 * @throws Failure 'bad-script'
 */
export async function readyScript(place: ScriptPlace, folder: string, seenAt: string): Promise<ReadyScript> {
  const start = (root: string): string => join(root, 'dist', startFile);
  const built = ownScript(place);
  if (built !== undefined) {
    const files = [...new Set([...built.files, ...libraryFiles()])];
    const [entry = ''] = built.files;
    return {
      closure: built.closure,
      shown: (root) => [typeFile(folder, root), ...files.map((file) => fromDist(file, root))],
      arguments: (root) => [start(root), join(root, 'dist', entry)],
    };
  }
  const { closure, files, entry } = await bundleScript(place, stepModule(seenAt));
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const code = (root: string): string => (root === packageRoot ? folder : join(root, 'script'));
  typeFile(folder, packageRoot);
  return {
    closure,
    shown: (root) => [
      typeFile(folder, root),
      ...libraryFiles().map((file) => fromDist(file, root)),
      ...[...files.keys()].map((path) => [join(folder, path), join(code(root), path)] as const),
    ],
    arguments: (root) => [start(root), join(code(root), entry)],
  };
}

/** The built form of one of the package's own scripts. */
function ownScript({ root, script }: ScriptPlace): ReturnType<typeof readBuiltScript> {
  return root === packageRoot ? readBuiltScript(dist, script) : undefined;
}

function libraryFiles(): string[] {
  return library.flatMap((entry) => readBuiltScript(dist, entry)?.files ?? []);
}

function stepModule(root: string): string {
  return pathToFileURL(join(root, 'dist/step.js')).href;
}

function fromDist(file: string, root: string): readonly [string, string] {
  return [join(dist, file), join(root, 'dist', file)];
}

/** Node reads in the nearest package.json that a .js file is an ECMAScript module. */
function typeFile(folder: string, root: string): readonly [string, string] {
  const path = join(folder, 'package.json');
  writeFileSync(path, '{ "type": "module" }\n');
  return [path, join(root, relative(folder, path))];
}
