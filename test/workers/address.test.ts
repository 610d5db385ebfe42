import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../src/workers/redis/address.ts';
import { freshFolder } from '../rig/folder.ts';
import { pathWithout } from '../rig/path-without.ts';
import { testProject } from '../rig/project.ts';

const password = { CIDERMILL_WORKERS_PASSWORD: 'secret' };

describe('the address of the workers', () => {
  it('is a Redis on this machine, or another one with TLS and a password', () => {
    expect(readAddress('redis://localhost', {})).toEqual({
      ...{ name: 'redis://localhost', host: 'localhost', port: 6379, tls: false },
    });
    expect(readAddress('redis://[::1]:7000', {})).toMatchObject({ host: '::1', port: 7000 });
    expect(readAddress('rediss://worker@redis.example.org', password)).toEqual({
      ...{ name: 'rediss://redis.example.org', host: 'redis.example.org', port: 6379, tls: true },
      ...{ user: 'worker', password: 'secret' },
    });
    const refused: [address: string, env: Record<string, string>, why: RegExp][] = [
      ['redis://redis.example.org', password, /the password would go there in the clear/],
      ['rediss://redis.example.org', {}, /there is no password for it/],
      ['redis://u:secret@localhost', {}, /holds a password, which other users can see/],
      ['http://localhost', {}, /is not a redis:\/\/ or rediss:\/\/ URL/],
      ['localhost:6379', {}, /is not a redis:\/\/ or rediss:\/\/ URL/],
      ['redis://localhost/2', {}, /more than a user, a host and a port/],
    ];
    for (const [address, env, why] of refused) expect(() => readAddress(address, env), address).toThrow(why);
  });

  it('takes the password from a file, and never shows it', () => {
    const file = join(freshFolder(), 'password');
    writeFileSync(file, 'from a file\n');
    const env = { CIDERMILL_WORKERS_PASSWORD_FILE: file };
    expect(readAddress('redis://localhost', env)).toMatchObject({ password: 'from a file' });
    expect(readAddress('rediss://w@redis.example.org', password).name).not.toContain('secret');
    expect(() => readAddress('redis://localhost', { CIDERMILL_WORKERS_PASSWORD_FILE: `${file}x` })).toThrow(
      /cannot be read/,
    );
  });
});

describe('a run with workers', () => {
  it('is refused without a shared cache, and where no Redis answers', async () => {
    const project = testProject({
      'recipes/x.yaml':
        'recipe: x\nsummary: x\nenvironment: none\nscript: scripts/x.ts\noutputs: { x: x.txt }\n',
      'scripts/x.ts': '',
    });
    const without = await project.run(['run', 'x', '--workers', 'redis://127.0.0.1:1']);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain(
      "workers need the team's cache: all that they take and make goes through it",
    );
    const cache = { CIDERMILL_CACHE: 'http://127.0.0.1:1' };
    const silent = await project.run(['run', 'x', '--workers', 'redis://127.0.0.1:1'], cache);
    expect(silent.code).toBe(1);
    expect(silent.stderr).toContain('redis://127.0.0.1:1 cannot be used: connect ECONNREFUSED');
    const trusting = ['run', 'x', '--workers', 'redis://127.0.0.1:1', '--trust-worker', 'w'];
    expect((await project.run(trusting, cache)).stderr).toContain(
      "a trusted worker gets files of yours through the team's cache, which keeps them out",
    );
    for (const flag of [['--offline'], ['--environment', 'host']])
      expect((await project.run(['run', 'x', '--workers', 'redis://127.0.0.1:1', ...flag], cache)).code).toBe(
        2,
      );
  });

  it('needs no program here for what the workers make', async () => {
    const project = testProject({
      'recipes/x.yaml':
        'recipe: x\nsummary: x\nenvironment: none\nscript: scripts/x.ts\noutputs: { x: x.txt }\n',
      'scripts/x.ts': '',
    });
    const env = { PATH: pathWithout(/^bwrap$/), CIDERMILL_CACHE: 'http://127.0.0.1:1' };
    const alone = await project.run(['run', 'x'], env);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toMatch(/not installed: bubblewrap/);
    const withWorkers = await project.run(['run', 'x', '--workers', 'redis://127.0.0.1:1'], env);
    expect(withWorkers.stderr).toContain('redis://127.0.0.1:1 cannot be used: connect ECONNREFUSED');
    expect(withWorkers.stderr).not.toContain('not installed');
  });
});
