import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authorizationOf } from '../../src/cache/credentials.ts';
import { netrcLogin } from '../../src/cache/netrc.ts';
import { freshFolder } from '../rig/folder.ts';

const text = `# a comment with machine evil.example login no password no
machine one.example login ann password "with \\"space\\" in it"
machine two.example
  login bob
  password secret # of bob
macdef init
machine three.example login mac password mac

machine four.example password only
default login anybody password anything
`;

describe('a netrc file', () => {
  it('gives the name and password of a machine, in one line or in several', () => {
    expect(netrcLogin(text, 'one.example')).toEqual({ login: 'ann', password: 'with "space" in it' });
    expect(netrcLogin(text, 'TWO.example')).toEqual({ login: 'bob', password: 'secret' });
    expect(netrcLogin(text, 'four.example')).toEqual({ login: '', password: 'only' });
  });

  it('gives nothing of comments, of macros, of its default entry, or of another machine', () => {
    for (const machine of ['evil.example', 'three.example', 'anywhere.example', 'default'])
      expect(netrcLogin(text, machine)).toBeUndefined();
  });
});

describe('the credentials for a cache', () => {
  const env = (more: Record<string, string> = {}): Record<string, string> => {
    const path = join(freshFolder(), 'netrc');
    writeFileSync(path, text);
    return { NETRC: path, ...more };
  };
  const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`;

  it('are a token where the environment names the address, else those of netrc', () => {
    const token = { CIDERMILL_CACHE_TOKEN: 'abc' };
    expect(authorizationOf('https://two.example/x', env(token), true)).toEqual({ header: 'Bearer abc' });
    expect(authorizationOf('https://two.example/x', env(), true)).toEqual({ header: basic('bob:secret') });
    expect(authorizationOf('https://other.example', env(), true)).toEqual({});
  });

  it('are no token where a project names the address, which may be anybody’s', () => {
    const found = authorizationOf('https://evil.example', env({ CIDERMILL_CACHE_TOKEN: 'abc' }), false);
    expect(found.header).toBeUndefined();
    expect(found.withheld).toMatch(/CIDERMILL_CACHE_TOKEN is not sent/);
    expect(authorizationOf('https://two.example', env({ CIDERMILL_CACHE_TOKEN: 'abc' }), false)).toEqual({
      header: basic('bob:secret'),
    });
  });

  it('never go over http, but to this machine', () => {
    const token = { CIDERMILL_CACHE_TOKEN: 'abc' };
    expect(authorizationOf('http://two.example', env(token), true).header).toBeUndefined();
    expect(authorizationOf('http://two.example', env(token), true).withheld).toMatch(/not https/);
    for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:99'])
      expect(authorizationOf(`http://${host}/x`, env(token), true)).toEqual({ header: 'Bearer abc' });
  });
});
