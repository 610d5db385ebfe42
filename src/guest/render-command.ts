import type { QemuOption } from './qemu-options.ts';

/** Reasons start below one another, unless options are longer than this. */
const widest = 64;

/** A command that bash takes as it is: one option a line, each with its reason as a comment. */
export function renderCommand(program: string, options: readonly QemuOption[]): string {
  const lines = options.map(({ args }) => `  ${args.map(shellQuote).join(' ')}`);
  const width = Math.min(widest, Math.max(...lines.map(({ length }) => length)));
  const reasoned = lines.map((line, index) => `${line.padEnd(width)}  # ${options[index]?.why ?? ''}`);
  return ['options=(', ...reasoned, ')', `${shellQuote(program)} "\${options[@]}"`, ''].join('\n');
}

/** A word as a POSIX shell reads it back. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
