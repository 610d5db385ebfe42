import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { KernelWorld } from './world.ts';

/** One thing that is done to the machine; it can be shown before. */
export type Act =
  | { readonly kind: 'run'; readonly command: readonly string[] }
  /** A file, absolute, that gets this one line. */
  | { readonly kind: 'write'; readonly path: string; readonly line: string };

/** The act as a shell command. */
export function showAct(act: Act): string {
  if (act.kind === 'run') return act.command.map(quoted).join(' ');
  return `echo ${quoted(act.line)} > ${quoted(act.path)}`;
}

/** @throws Failure 'act-failed' with what the command said */
export async function perform(world: KernelWorld, act: Act): Promise<void> {
  if (act.kind === 'run') {
    const { code, stderr } = await world.run(act.command);
    if (code === 0) return;
    throw new Failure('act-failed', `\`${showAct(act)}\` ended with ${code}: ${stderr.trim()}`, {
      hint: '`dmesg` shows what the kernel said.',
    });
  }
  const path = join(world.root, act.path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${act.line}\n`);
  } catch (error) {
    throw new Failure('act-failed', `\`${showAct(act)}\` failed: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
