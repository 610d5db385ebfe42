import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure, systemReason } from '../../base/index.ts';
import { isApple, type HostFacts } from '../host-facts.ts';
import { readOskFromSmc, withDevPort } from './smc.ts';

/** Where the user's key is: never the key itself. */
export type OskReference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'smc' };

/**
 * @param variable the environment variable that the text comes from; left out for an option
 * @throws Failure 'bad-osk-reference'; the text is not in it, since it may be the key
 */
export function parseOskReference(text: string, variable?: string): OskReference {
  const [, kind, rest = ''] = /^(env|file|smc)(?::(.*))?$/s.exec(text) ?? [];
  if (kind === 'smc' && !text.includes(':')) return { kind };
  if (kind === 'env' && /^[A-Za-z_]\w*$/.test(rest)) return { kind, name: rest };
  if (kind === 'file' && rest !== '' && !rest.includes('\0')) return { kind, path: resolve(rest) };
  if (variable !== undefined)
    throw new Failure('bad-osk-reference', `${variable} does not hold a reference to a key`, {
      hint: `If the key itself is in it, give --osk env:${variable}. Else let it say env:NAME, file:PATH or smc.`,
    });
  throw new Failure('bad-osk-reference', 'this is not a reference to a key', {
    hint: 'Give env:NAME, file:PATH or smc. The key itself does not belong on a command line.',
  });
}

/** A reference as it may be shown. */
export function showOskReference(reference: OskReference): string {
  switch (reference.kind) {
    case 'env':
      return `env:${reference.name}`;
    case 'file':
      return `file:${reference.path}`;
    case 'smc':
      return 'smc';
  }
}

/**
 * Follows a reference to the key. Its characters are nowhere in what is thrown.
 * @throws Failure 'no-osk', 'osk-exposed' (others can read the file), 'bad-osk', 'not-apple', and what the SMC throws
 */
export async function resolveOsk(
  reference: OskReference,
  host: Pick<HostFacts, 'vendor'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  switch (reference.kind) {
    case 'env': {
      const value = env[reference.name];
      if (value === undefined || value === '')
        throw new Failure('no-osk', `the environment variable ${reference.name} is not set`);
      return checked(value, showOskReference(reference));
    }
    case 'file':
      return checked(readPrivate(reference.path), showOskReference(reference));
    case 'smc':
      if (!isApple(host))
        throw new Failure(
          'not-apple',
          'this computer was not made by Apple and has no SMC to read the key from',
          {
            hint: 'Use env:NAME or file:PATH.',
          },
        );
      return checked(await withDevPort(readOskFromSmc), 'smc');
  }
}

/** Is this the form of a key? QEMU's configuration reader knows no quotation mark inside a value. */
function checked(text: string, from: string): string {
  const osk = text.replace(/\r?\n$/, '');
  if (/^[\x20-\x7e]{64}$/.test(osk) && !osk.includes('"')) return osk;
  throw new Failure(
    'bad-osk',
    `${from} does not hold a key: it has ${osk.length} characters, or characters that no key has`,
    {
      hint: 'A key is 64 printable ASCII characters.',
    },
  );
}

/** The text of a small file that nobody but its owner, and root, can read. */
function readPrivate(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new Failure('no-osk', `file:${path} cannot be read: ${systemReason(error)}`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Failure('no-osk', `file:${path} is not a regular file`);
    if ((stat.mode & 0o077) !== 0)
      throw new Failure('osk-exposed', `file:${path} can be read or written by others`, {
        hint: `chmod 600 ${path}`,
      });
    if (stat.uid !== 0 && stat.uid !== process.getuid?.())
      throw new Failure('osk-exposed', `file:${path} belongs to another user`, {
        hint: 'Use a file of your own.',
      });
    const bytes = Buffer.alloc(128);
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
