import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Option } from 'commander';
import { Failure, systemReason } from '../base/index.ts';
import type { ImagePath } from '../image/index.ts';

export interface PasswordFlag {
  /** Where the password is, never the password itself. */
  readonly password?: string;
}

export function passwordOption(): Option {
  return new Option(
    '--password <where>',
    'of an encrypted image: env:NAME, file:PATH (its first line), or prompt; never the password itself',
  );
}

/** A place with the password that opens the encrypted images on its way. @throws Failure 'usage', 'no-password' */
export async function placeWith(path: string, { password }: PasswordFlag): Promise<ImagePath> {
  const { parseImagePath } = await import('../image/index.ts');
  const place = parseImagePath(path);
  return password === undefined ? place : { ...place, password: await resolvePassword(password) };
}

async function resolvePassword(where: string): Promise<string> {
  const [, kind, rest = ''] = /^(env|file|prompt)(?::(.*))?$/s.exec(where) ?? [];
  if (kind === 'prompt' && where === 'prompt') return ask();
  if (kind === 'env' && rest !== '') {
    const value = process.env[rest];
    if (value !== undefined && value !== '') return value;
    throw new Failure('no-password', `the environment has no ${rest}`);
  }
  if (kind === 'file' && rest !== '') return firstLine(rest);
  // The text may be the password: it is not shown.
  throw new Failure('usage', '--password is not env:NAME, file:PATH or prompt', {
    hint: 'The password itself does not belong on a command line: others can see it there.',
  });
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n[\s\S]*$/, '');
  } catch (cause) {
    throw new Failure('no-password', `file:${path} cannot be read: ${systemReason(cause)}`, { cause });
  }
}

/** Asks at the terminal, without showing what is typed. */
async function ask(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Failure('no-password', 'there is no terminal to ask for the password at', {
      hint: 'Give --password env:NAME or file:PATH.',
    });
  process.stderr.write('Password: ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new Failure('no-password', 'no password was given')));
      lines.once('close', () => reject(new Failure('no-password', 'no password was given')));
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
