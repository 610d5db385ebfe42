import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyCms } from '../../src/formats/xar/cms.ts';
import { freshFolder } from '../rig/folder.ts';

const content = Buffer.from('the digest of a table of contents');

/** A signature that openssl makes, by a certificate that a certificate of its own has signed. */
function signed(algorithm: readonly string[], digest: string): Buffer {
  const folder = freshFolder();
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  writeFileSync(join(folder, 'content'), content);
  openssl(
    'req',
    '-x509',
    ...algorithm,
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=An authority',
  );
  openssl(
    'req',
    ...algorithm,
    '-new',
    '-nodes',
    '-keyout',
    'own.key',
    '-out',
    'own.csr',
    '-subj',
    '/CN=A signer',
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'own.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'own.pem',
  );
  openssl(
    ...[
      'cms',
      '-sign',
      '-binary',
      '-in',
      'content',
      '-signer',
      'own.pem',
      '-inkey',
      'own.key',
      '-certfile',
      'ca.pem',
    ],
    ...['-md', digest, '-outform', 'DER', '-out', 'signature'],
  );
  return readFileSync(join(folder, 'signature'));
}

test.each([
  ['RSA with SHA-1', ['-newkey', 'rsa:2048'], 'sha1'],
  ['RSA with SHA-256', ['-newkey', 'rsa:2048'], 'sha256'],
  ['ECDSA with SHA-256', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], 'sha256'],
])('a signature of %s by openssl matches what it is over, and nothing else', async (_, algorithm, digest) => {
  const signature = signed(algorithm, digest);
  const verdict = await verifyCms(signature, content);
  expect([verdict?.matches, verdict?.signer?.subject, verdict?.certificates.length]).toEqual([
    true,
    'CN=A signer',
    2,
  ]);
  expect((await verifyCms(signature, Buffer.from('another digest')))?.matches).toBe(false);
  const damaged = Buffer.from(signature);
  damaged[damaged.length - 5] = (damaged.at(-5) ?? 0) ^ 1;
  expect((await verifyCms(damaged, content))?.matches).not.toBe(true);
  expect(await verifyCms(Buffer.from('no signature'), content)).toBeUndefined();
});
