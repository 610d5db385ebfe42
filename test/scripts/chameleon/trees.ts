import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { testProject, type Ended } from '../../rig/project.ts';

/** A tree with the shape of upstream's, and nothing of it. */
export const tree = join(packageRoot, 'test/fixtures/chameleon-tree');

/** From a file's text to another; of a file that is not there the text is empty. */
export type Changes = Readonly<Record<string, (text: string) => string>>;

/** A copy of the tree with some of its files changed, or new. */
export function changedTree(changes: Changes): string {
  const copy = join(freshFolder(), 'another-checkout');
  cpSync(tree, copy, { recursive: true });
  for (const [path, change] of Object.entries(changes)) {
    const text = existsSync(join(copy, path)) ? readFileSync(join(copy, path), 'utf8') : '';
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), change(text));
  }
  return copy;
}

/**
 * Runs the recipe in a project of its own.
 * @param to a folder that gets what it made
 */
export async function build(
  source: string,
  more: readonly string[],
  to?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const project = testProject({});
  const args = ['run', 'chameleon', '--environment', 'host', '--source', `chameleon.tree=${source}`];
  const ended = await project.run([...args, ...more], env);
  const product = join(project.root, 'artifacts/chameleon');
  if (to !== undefined && existsSync(product)) cpSync(product, to, { recursive: true, dereference: true });
  return ended;
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * 30 jump tables in `__TEXT,__const` and, without a gap, 200 pointers to strings of odd lengths, one of them holding
 * `movaps %xmm1, %xmm0`. The pointers lead into strings, which are no code.
 */
export function tablesAndStrings(): string {
  const lines = ['        .text', '        .globl _tables', '_tables:', '        movl 4(%esp), %eax'];
  for (let table = 0; table < 30; table++) {
    lines.push(`        cmpl $3, %eax`, `        ja out${table}`, `        jmp *table${table}(,%eax,4)`);
    for (let entry = 0; entry < 4; entry++) {
      lines.push(`case${table}_${entry}:`, `        addl $${entry + 1}, %eax`, `        jmp out${table}`);
    }
    lines.push(`out${table}:`);
  }
  lines.push('        ret', '        .section __TEXT,__const', '        .align 2');
  for (let table = 0; table < 30; table++) {
    const cases = Array.from({ length: 4 }, (_, entry) => `case${table}_${entry}`);
    lines.push(`table${table}: .long ${cases.join(', ')}`);
  }
  const texts = Array.from({ length: 200 }, (_, index) => index);
  for (const index of texts) lines.push(`        .long text${index}`);
  for (const index of texts) {
    const bytes = index === 117 ? '\\017\\050\\301' : 'x'.repeat(1 + ((index * 7) % 29));
    lines.push(`text${index}: .asciz "${bytes}${index}"`);
  }
  return `${lines.join('\n')}\n`;
}
