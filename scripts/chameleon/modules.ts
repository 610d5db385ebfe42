import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#base';
import { cconfigSources } from './cconfig-sources.ts';
import { spelledAs } from './name-case.ts';

/** With modules the loader carries a table of its own symbols, which nothing here makes. */
export function withModules(): Failure {
  return new Failure('bad-config', 'the tree is configured with modules, which are not made here', {
    hint: 'Let `config` say CONFIG_MODULES=n.',
  });
}

/**
 * Tells from the text of a tree's configuration whether it would have modules.
 * @param lines of the parameter `config`
 */
export function modulesFault(tree: string, lines: readonly string[]): Failure | undefined {
  const said = lines.find((line) => line.startsWith('CONFIG_MODULES='));
  if (said !== undefined) return said === 'CONFIG_MODULES=n' ? undefined : withModules();
  const texts = ['Cconfig', ...cconfigSources(tree)].map((path) => {
    const found = spelledAs(tree, path);
    return found === undefined ? '' : readFileSync(join(tree, found), 'latin1');
  });
  const option = texts.map((text) => /^config MODULES\n((?:[ \t]+.*\n|\n)*)/m.exec(text)?.[1]);
  return option.some((body) => /^\s*default\s+y/m.test(body ?? '')) ? withModules() : undefined;
}

/**
 * Adds to the linker's message about undefined symbols where the tree has them: in a file that only modules compile.
 */
export function explainUndefined(error: unknown, tree: string): unknown {
  if (!(error instanceof Failure) || error.code !== 'undefined-symbol') return error;
  const names = [...error.message.matchAll(/\b_(\w+), wanted by/g)].map(([, name = '']) => name);
  const found = names.flatMap((name) => {
    const file = definingFile(tree, name);
    return file === undefined ? [] : [`${name} in ${file}`];
  });
  if (found.length === 0) return error;
  return new Failure('undefined-symbol', error.message, {
    hint:
      `The tree defines ${found.join(', ')}, which is not compiled with this \`config\`. Where only modules need it, ` +
      'the tree cannot be built without them: give another revision, or a loader that was built elsewhere (via=prebuilt).',
    cause: error,
  });
}

/** The file below `i386` with a definition of a function, at the begin of a line, that begins a body. */
function definingFile(tree: string, name: string): string | undefined {
  const pattern = new RegExp(String.raw`^[A-Za-z_][\w \t*]*\b${name}\s*\([^;{]*\)\s*\{`, 'm');
  const search = (folder: string): string | undefined => {
    for (const entry of readdirSync(join(tree, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        const below = search(path);
        if (below !== undefined) return below;
      } else if (/\.c$/.test(entry.name) && pattern.test(readFileSync(join(tree, path), 'latin1')))
        return path;
    }
    return undefined;
  };
  return existsSync(join(tree, 'i386')) ? search('i386') : undefined;
}
