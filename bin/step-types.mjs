// @ts-check
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/**
 * Writes the types of cidermill/step: its declarations, and those that they import.
 * @param {string} root absolute path of the checkout
 * @param {string} folder absolute path of where they go
 */
export function emitTypes(root, folder) {
  const all = mkdtempSync(join(tmpdir(), 'cidermill-types-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--incremental', 'false'];
    const places = ['--rootDir', join(root, 'src'), '--outDir', all];
    execFileSync(process.execPath, [tsc, '-p', join(root, 'bin/tsconfig.types.json'), ...emit, ...places], {
      stdio: ['ignore', 2, 2],
    });
    for (const file of declarations(join(all, 'step/index.d.ts'))) {
      const to = join(folder, relative(all, file));
      mkdirSync(dirname(to), { recursive: true });
      cpSync(file, to);
    }
  } finally {
    rmSync(all, { recursive: true });
  }
}

/**
 * A file of declarations and all that it imports by relative paths.
 * @param {string} first
 */
function declarations(first) {
  const found = new Set([first]);
  for (const file of found) {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.{1,2}\/[^']+)\.ts'/g)) {
      found.add(join(dirname(file), `${path}.d.ts`));
    }
  }
  return found;
}
