import { execFileSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freshFolder } from '../folder.ts';

/** A token server of ours on loopback, as a registry names one, for one user. */
export interface TokenServer {
  /** Lines of docker-registry's configuration. */
  readonly registry: string;
  /** What was asked for: the user, and the scopes. */
  readonly asked: { readonly user: string; readonly scopes: readonly string[] }[];
}

const encode = (value: object | Buffer): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

/** @param user "NAME:PASSWORD" */
export async function startTokenServer(user: string): Promise<TokenServer> {
  const folder = freshFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=tokens', '-days', '2'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject],
    { stdio: 'ignore' },
  );
  const x5c = readFileSync(certificate, 'utf8').replace(/-----[^-]+-----|\s/g, '');
  const asked: { user: string; scopes: string[] }[] = [];
  const tokenFor = (scopes: readonly string[]): string => {
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const times = { exp: now + 300, nbf: now - 60, iat: now };
    const claims = { iss: 'ours', sub: 'user', aud: 'registry', ...times, jti: String(now), access };
    const text = `${encode({ typ: 'JWT', alg: 'RS256', x5c: [x5c] })}.${encode(claims)}`;
    return `${text}.${encode(createSign('RSA-SHA256').update(text).sign(readFileSync(key)))}`;
  };
  const server = createServer((request: IncomingMessage, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    const given = Buffer.from(
      (request.headers.authorization ?? '').replace(/^Basic /, ''),
      'base64',
    ).toString();
    const scopes = searchParams.getAll('scope').flatMap((each) => each.split(' '));
    asked.push({ user: given.split(':')[0] ?? '', scopes });
    if (given === user) response.end(JSON.stringify({ token: tokenFor(scopes) }));
    else response.writeHead(401).end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    registry: `auth:
  token: { realm: "http://127.0.0.1:${port}/token", service: registry, issuer: ours, rootcertbundle: ${certificate} }
`,
  };
}
