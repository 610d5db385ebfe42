import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiler, readDryRun, type DryRun } from './dry-run.ts';

/** Deeper than any makefile nests its variables or included files. */
const deepest = 20;

/**
 * Reads from the text of a folder's makefiles, without make, what its rules are like. Conditions are not judged: both
 * ways are read. So compilations stand for rules, each with `any.c` or `any.s` as its source, not for files.
 * @param tree the root that makefiles call SRCROOT
 * @param folder in it
 */
export function readRules(tree: string, folder: string): DryRun {
  const lines = makefileLines(tree, join(tree, folder, 'Makefile'), 0);
  const variables = new Map([['SRCROOT', tree]]);
  const commands: string[] = [];
  for (const line of lines) {
    const [, name = '', append = '', value = ''] =
      /^\s*(?:override\s+)?([\w.-]+)\s*([:?+]?)=\s*(.*)$/.exec(line) ?? [];
    if (line.startsWith('\t')) commands.push(line);
    else if (name !== '')
      variables.set(name, append === '+' ? `${variables.get(name) ?? ''} ${value}` : value);
  }
  for (const name of ['CC', 'CPP', 'CXX']) variables.set(name, compiler);
  const automatic = { '<': 'any.c', '@': 'any.o', '@F': 'any.o', '^': '', '*': 'any' };
  for (const [name, value] of Object.entries(automatic)) variables.set(name, value);
  const shown = commands.map((line) =>
    expand(line.replace(/^[\s@+-]+/, ''), variables, 0).replaceAll('%', 'any'),
  );
  return readDryRun(shown.join('\n'));
}

/** The lines of a makefile and of those that it includes, each whole. */
function makefileLines(tree: string, path: string, depth: number): string[] {
  if (depth > deepest || !existsSync(path)) return [];
  const lines = readFileSync(path, 'latin1')
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/);
  return lines.flatMap((line) => {
    const included = /^-?s?include\s+(.*)$/.exec(line)?.[1]?.trim();
    if (included === undefined) return [line];
    const names = included.replaceAll(/\$[({]SRCROOT[)}]/g, tree).split(/\s+/);
    return names.flatMap((name) =>
      makefileLines(tree, name.startsWith('/') ? name : join(path, '..', name), depth + 1),
    );
  });
}

/** Puts values in the place of variables; what make's functions would give is left out. */
function expand(text: string, variables: ReadonlyMap<string, string>, depth: number): string {
  if (depth > deepest) return '';
  return text.replaceAll(
    /\$(?:\(([^()$]+)\)|\{([^{}$]+)\}|([@<^*$]))/g,
    (_, round?: string, curly?: string, one = '') => {
      if (one === '$') return '$';
      return expand(variables.get(round ?? curly ?? String(one)) ?? '', variables, depth + 1);
    },
  );
}
