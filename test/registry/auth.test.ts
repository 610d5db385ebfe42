import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readChallenges } from '../../src/registry/remote/challenge.ts';
import { isLoopback, parseReference } from '../../src/registry/reference.ts';
import { needs } from '../rig/judges/index.ts';
import { testProject } from '../rig/project.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';
import { startTokenServer } from '../rig/servers/token-server.ts';

describe('a registry that asks for a token', () => {
  beforeEach((context) => needs(context, 'docker-registry'));

  it('is opened by Docker’s configuration and by a credential helper, and by nothing else; no secret is shown', async () => {
    const secret = 'correct-horse';
    const tokens = await startTokenServer(`ann:${secret}`);
    const { host } = await startRegistry(tokens.registry);
    const project = testProject({
      'cidermill.yaml': `registry: { private: ["${host}"] }\n`,
      'thing/file.txt': 'a thing\n',
    });
    const docker = join(project.root, 'docker');
    mkdirSync(docker);
    const configure = (config: object): void =>
      writeFileSync(join(docker, 'config.json'), JSON.stringify(config));
    const push = (env: Readonly<Record<string, string>> = {}) =>
      project.run(['push', 'thing', `${host}/thing:1`, '--contains-apple-software'], {
        DOCKER_CONFIG: docker,
        ...env,
      });
    const auth = (password: string): object => ({
      auths: { [host]: { auth: Buffer.from(`ann:${password}`).toString('base64') } },
    });

    const unknown = await push();
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no credentials are known') as string,
    });
    configure(auth('wrong-horse'));
    const wrong = await push();
    expect(wrong.code).toBe(1);
    expect(wrong.stderr.split('\n').filter((line) => line.startsWith('error:'))).toEqual([
      `error: ${host} is not open to you: the credentials are refused`,
    ]);
    const wrongToken = await push({ CIDERMILL_REGISTRY_TOKEN: 'wrong-token' });
    expect(wrongToken.code).toBe(1);
    expect(wrongToken.stderr.split('\n').filter((line) => line.startsWith('error:'))).toHaveLength(1);
    configure(auth(secret));
    const opened = await push();
    expect(opened, opened.stderr).toMatchObject({ code: 0 });
    expect(tokens.asked.at(-1)?.scopes).toContain('repository:thing:pull,push');
    configure({ credHelpers: { [host]: 'test' } });
    const helper = join(docker, 'docker-credential-test');
    writeFileSync(
      helper,
      `#!/bin/sh\nread -r host\necho "{\\"Username\\":\\"ann\\",\\"Secret\\":\\"${secret}\\"}"\n`,
    );
    chmodSync(helper, 0o755);
    const helped = await push({ PATH: `${docker}:${process.env['PATH'] ?? ''}` });
    expect(helped, helped.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('sent 0 B') as string,
    });
    const said = [unknown, wrong, wrongToken, opened, helped]
      .map(({ stdout, stderr }) => stdout + stderr)
      .join('');
    for (const word of [secret, 'wrong-horse', 'wrong-token']) expect(said).not.toContain(word);
  });
});

describe('a reference', () => {
  it('has a host, a repository, and a tag or digest', () => {
    expect(parseReference('oci://127.0.0.1:5000/team/mac:1')).toEqual({
      host: '127.0.0.1:5000',
      name: 'team/mac',
      tag: '1',
    });
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(parseReference(`registry.example/a@${digest}`)).toMatchObject({ name: 'a', digest });
    for (const bad of [
      'mac:1',
      'team/mac:1',
      'h.example/Mac:1',
      'h.example/a:',
      'h.example/a@sha256:1',
      'h.example/../a:1',
      'h.example:x/a:1',
    ])
      expect(() => parseReference(bad), bad).toThrow(/is not a reference/);
  });

  it('is spoken to without encryption only on this machine', () => {
    expect(['localhost:5000', '127.0.0.1', '[::1]:5000', 'a.localhost'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['registry.example', '127.0.0.1.example', '[::2]', '10.0.0.1'].map(isLoopback)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('a challenge', () => {
  it('is read with its parameters, quoted or not, one after the other', () => {
    const [first, second] = readChallenges(
      'Bearer realm="https://t.example/a?b=c,d",service=reg , scope="x\\"y", Basic realm="r"',
    );
    expect(first?.scheme).toBe('bearer');
    expect(Object.fromEntries(first?.parameters ?? [])).toEqual({
      realm: 'https://t.example/a?b=c,d',
      service: 'reg',
      scope: 'x"y',
    });
    expect(second?.scheme).toBe('basic');
    expect(readChallenges(`Bearer ${'x'.repeat(10_000)}`)).toEqual([]);
  });
});
