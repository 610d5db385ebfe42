import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { sha256, type Sha256 } from '../base/index.ts';
import type { Closure } from '../store/index.ts';

/** Where a script's imports lead: its project's root, and the package's for `#floor` imports. */
interface Roots {
  readonly project: string;
  readonly package: string;
}

/**
 * Every module a script's outcome may depend on: the script, what it names by a relative path ending in .ts (a
 * worker's file as well as an import), and the library floors it imports. The step protocol is left out: its version
 * is in the key (docs/cache-keys.md).
 */
export function scriptClosure(script: string, roots: Roots, files: Map<string, Module> = modules): Closure {
  const closure: Record<string, Sha256> = {};
  const pending = [resolve(roots.project, script)];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const name = nameOf(path, roots);
    if (name === undefined || Object.hasOwn(closure, name) || !existsSync(path)) continue;
    const module = readModule(path, files);
    closure[name] = module.digest;
    for (const specifier of module.specifiers) {
      if (specifier.startsWith('#')) pending.push(join(roots.package, 'src', specifier.slice(1), 'index.ts'));
      else pending.push(resolve(dirname(path), specifier));
    }
  }
  return closure;
}

interface Module {
  readonly digest: Sha256;
  readonly specifiers: readonly string[];
}

/** One reading of each file a process; a run hashes a floor once however many scripts import it. */
const modules = new Map<string, Module>();

function readModule(path: string, files: Map<string, Module>): Module {
  let module = files.get(path);
  if (module === undefined) {
    const bytes = readFileSync(path);
    const specifiers = [
      ...bytes.toString('utf8').matchAll(/(['"])(\.{1,2}\/[^'"\n]+\.ts|#[a-z][a-z0-9/-]*)\1/g),
    ];
    module = { digest: sha256(bytes), specifiers: specifiers.map((match) => match[2] ?? '') };
    files.set(path, module);
  }
  return module;
}

/** The name a file has in a key: never absolute. Undefined for the step protocol and for what lies outside. */
function nameOf(path: string, roots: Roots): string | undefined {
  for (const root of [roots.project, roots.package]) {
    const name = relative(root, path).split(sep).join('/');
    if (name.startsWith('../')) continue;
    return root === roots.package && name.startsWith('src/step/') ? undefined : name;
  }
  return undefined;
}
