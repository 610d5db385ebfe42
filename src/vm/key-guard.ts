import { readFileSync, statSync } from 'node:fs';
import { Failure } from '../base/index.ts';

/** QEMU's own configuration files have some KB. */
const largestConfiguration = 2 ** 20;

/**
 * Refuses QEMU options that carry a key, or add a second SMC: they would stand in the process list. The text of none is in
 * the message.
 * @param key the user's, where it is known: it may stand nowhere
 * @throws Failure 'usage'
 */
export function refuseKeys(options: readonly string[], key?: string): void {
  for (const [index, option] of options.entries()) {
    if (namesKey(option) || (key !== undefined && unescaped(option).includes(key))) throw refused();
    if (/^--?readconfig$/.test(option)) refuseKeysInFile(options[index + 1] ?? '');
    const joined = /^--?readconfig=(.*)$/s.exec(option)?.[1];
    if (joined !== undefined) refuseKeysInFile(joined);
  }
}

/** Does a text speak of the SMC's key, in any of the forms that QEMU takes: a list of options, JSON, `-set`, `-global`? */
export function namesKey(text: string): boolean {
  return /applesmc|(?<![a-z])osk(?![a-z])/i.test(unescaped(text));
}

/** JSON may write any character as its number. */
function unescaped(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function refuseKeysInFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return; // QEMU says so itself.
  if (!found.isFile() || found.size > largestConfiguration)
    throw new Failure(
      'usage',
      `-readconfig takes an ordinary file of at most 1 MiB here, and ${path} is not one`,
    );
  if (namesKey(readFileSync(path, 'utf8'))) throw refused();
}

function refused(): Failure {
  return new Failure('usage', "a key among QEMU's options would stand in the process list", {
    hint: 'Give it by --osk; cidermill adds the SMC itself.',
  });
}
