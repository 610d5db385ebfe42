import { createReadStream, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Failure } from '../base/index.ts';
import { lastLines, run } from '../host/programs/program.ts';

/** What a paper's signature is for: one made for another purpose does not count (ssh-keygen(1), -Y sign). */
const papers = 'cidermill';

/**
 * Signs a file with an SSH key; the signature lies beside it as FILE.sig.
 * @param key a private key's file, or a public one's whose private half the agent has
 * @throws Failure 'cannot-sign' with what ssh-keygen said
 */
export async function signFile(file: string, key: string, namespace = papers): Promise<string> {
  const signature = `${file}.sig`;
  await rm(signature, { force: true });
  // It asks for a passphrase itself, on the terminal.
  const { code, said } = await sshKeygen(['-Y', 'sign', '-f', key, '-n', namespace, file], undefined);
  if (code !== 0 || !existsSync(signature))
    throw new Failure('cannot-sign', `${file} was not signed: ${said || `ssh-keygen ended with ${code}`}`);
  return signature;
}

/** @throws Failure 'bad-signature' when the file was not signed so by that identity */
export async function verifyFile(
  file: string,
  allowedSigners: string,
  identity: string,
  namespace = papers,
): Promise<void> {
  const signature = `${file}.sig`;
  for (const path of [file, signature, allowedSigners]) {
    if (!existsSync(path)) throw new Failure('no-file', `there is no file ${path}`);
  }
  const { code, said } = await sshKeygen(
    ['-Y', 'verify', '-f', allowedSigners, '-I', identity, '-n', namespace, '-s', signature],
    file,
  );
  if (code === 0) return;
  throw new Failure(
    'bad-signature',
    `${file} does not match the signature of ${identity}: ${said || 'no such signer'}`,
    {
      hint: `Either the file was altered, or the signer's key is not the one that ${allowedSigners} allows.`,
    },
  );
}

/**
 * Who signed a file, of those in the file of allowed signers, and the fingerprint of the key.
 * @throws Failure 'bad-signature' when none of them did
 */
export async function signerOf(
  file: string,
  allowedSigners: string,
  namespace = papers,
): Promise<{ readonly identity: string; readonly key: string }> {
  const signature = `${file}.sig`;
  for (const path of [file, signature, allowedSigners]) {
    if (!existsSync(path)) throw new Failure('no-file', `there is no file ${path}`);
  }
  const asked = ['-Y', 'find-principals', '-f', allowedSigners, '-s', signature];
  const found = await run('ssh-keygen', asked, { from: 'openssh-client' });
  const identity = found.exitCode === 0 ? (found.stdout.split('\n')[0] ?? '').trim() : '';
  if (identity === '')
    throw new Failure('bad-signature', `${file} is not signed with a key that ${allowedSigners} allows`);
  await verifyFile(file, allowedSigners, identity, namespace);
  const { stdout } = await run('ssh-keygen', ['-Y', 'check-novalidate', '-n', namespace, '-s', signature], {
    input: createReadStream(file),
    from: 'openssh-client',
  });
  return { identity, key: /SHA256:\S+/.exec(stdout)?.[0] ?? '' };
}

/** @param input the file it reads as its standard input; without one it may ask on the terminal */
async function sshKeygen(
  args: readonly string[],
  input: string | undefined,
): Promise<{ readonly code: number; readonly said: string }> {
  const { exitCode, stdout, stderr } = await run('ssh-keygen', args, {
    input: input === undefined ? 'inherit' : createReadStream(input),
    from: 'openssh-client',
  });
  return { code: exitCode, said: lastLines(stderr || stdout, 1) };
}
