import type { QemuOption } from '../qemu-options.ts';
import { shellQuote } from '../render-command.ts';

/**
 * A POSIX shell script that starts a machine. The key is not in it: it reads the file that OSK_FILE names and hands it to
 * QEMU by a here-document, which is in no process list.
 * @param options they name the SMC's configuration as /dev/fd/3
 * @param folder one that is made for this user alone, when it is not there
 */
export function shellScript(
  title: string,
  program: string,
  options: readonly QemuOption[],
  folder?: string,
): string {
  const lines = options.map(({ args }) => `set -- "$@" ${args.map(shellQuote).join(' ')}`);
  const width = Math.min(72, Math.max(...lines.map(({ length }) => length)));
  return [
    '#!/bin/sh',
    `# ${title}`,
    '# Your key is not in here. Put its 64 characters into a file that only you can read: OSK_FILE=key sh THIS',
    'set -eu',
    'case $(ls -ldL -- "${OSK_FILE:?names the file with your key}") in',
    '-???------*) ;;',
    '*) echo "$OSK_FILE is not yours alone: chmod 600" >&2; exit 1 ;;',
    'esac',
    'OSK=$(cat -- "$OSK_FILE")',
    '[ "${#OSK}" -eq 64 ] || { echo "$OSK_FILE holds no key: it has ${#OSK} characters" >&2; exit 1; }',
    ...(folder === undefined ? [] : [`mkdir -p -m 700 -- ${shellQuote(folder)}`]),
    '',
    'set --',
    ...lines.map((line, index) => `${line.padEnd(width)}  # ${options[index]?.why ?? ''}`),
    '',
    `exec ${shellQuote(program)} "$@" 3<<SMC`,
    '[device "smc"]',
    '  driver = "isa-applesmc"',
    '  osk = "$OSK"',
    'SMC',
    '',
  ].join('\n');
}
