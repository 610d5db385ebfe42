import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Failure } from '../../base/index.ts';
import { isApple, type HostFacts } from '../../host/index.ts';
import { printable } from '../../text/printable.ts';

const note = [
  "OS X's licence lets you install, use and run it on a computer made by Apple, in virtual machines on it as well;",
  'the number of them differs from release to release: read your licence. (This is not legal advice.)',
  'cidermill contains nothing of Apple’s: the Mac, the installer and the key are your own.',
].join('\n');

/**
 * Shows the note on the licence once to each user, and on a computer that Apple did not make asks whether the user has
 * the right all the same. An answer is remembered.
 * @param right the user has said so by option
 * @throws Failure 'no-right' when not
 */
export async function agreeToLicence(host: HostFacts, right: boolean): Promise<void> {
  const remembered = join(stateFolder(), isApple(host) ? 'licence-shown' : 'licence-answered');
  if (existsSync(remembered)) return;
  console.error(note);
  if (!isApple(host)) {
    const maker = host.vendor === undefined ? 'an unknown maker' : printable(host.vendor);
    console.error(
      `This computer is not made by Apple (it says: ${maker}), so that licence does not cover a guest on it.`,
    );
    if (!right && !(await answersYes()))
      throw new Failure('no-right', 'the guest was not started', {
        hint: 'If you have the right to run OS X here, give --i-have-the-right.',
      });
  }
  try {
    mkdirSync(dirname(remembered), { recursive: true });
    writeFileSync(remembered, '');
  } catch {
    // A home that cannot be written to: the note comes again.
  }
}

async function answersYes(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question('Do you have the right to run it here? [y/N] ')).trim());
  } finally {
    prompt.close();
  }
}

function stateFolder(): string {
  const base = process.env['XDG_STATE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.local/state') : base, 'cidermill');
}
