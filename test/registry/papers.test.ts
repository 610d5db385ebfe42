import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cached } from '../rig/judges/cache.ts';
import { needs } from '../rig/judges/index.ts';
import type { TestProject } from '../rig/project.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';
import { greeting } from './greeting.ts';

beforeEach((context) => needs(context, 'docker-registry'));

/** A key, and a file of allowed signers that has it. */
function signer({ root }: TestProject, name: string): { readonly key: string; readonly allowed: string } {
  const key = join(root, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key]);
  writeFileSync(`${key}.allowed`, `${name}@example.com ${readFileSync(`${key}.pub`, 'utf8')}`);
  return { key, allowed: `${key}.allowed` };
}

interface Inspected {
  readonly gate: string;
  readonly papers: readonly { readonly title: string; readonly digest: string }[];
}

describe('the papers of a product in a registry', () => {
  it('stay when untagged manifests are collected, and prove who signed it and that it has booted', async () => {
    const server = await startRegistry();
    const { host } = server;
    const project = greeting(host);
    const [ours, theirs] = [signer(project, 'ours'), signer(project, 'theirs')];
    expect(await project.run(['run', 'greet'])).toMatchObject({ code: 0 });
    const unsaid = await project.run(['push', 'greet', `${host}/greet:1`]);
    expect(unsaid).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('files of yours (name)') as string,
    });
    const args = ['push', 'greet', `${host}/greet:1`, '--contains-apple-software', '--sign', ours.key];
    const pushed = await project.run(args);
    expect(pushed, pushed.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('gate: look') as string,
    });

    await server.stop();
    execFileSync(cached('docker-registry/usr/bin/docker-registry'), [
      'garbage-collect',
      '--delete-untagged',
      server.config,
    ]);
    await server.start();
    const { stdout } = await project.run(['inspect', `${host}/greet:1`, '--json']);
    const { gate, papers } = JSON.parse(stdout) as Inspected;
    const titles = papers.map(({ title }) => title).sort();
    expect(gate).toBe('look');
    expect(titles).toEqual([
      'SHA256SUMS',
      'milestones.txt',
      'provenance.json',
      'provenance.json.sig',
      'sbom.cdx.json',
      'test-result.json',
      'test-result.json.sig',
    ]);
    for (const { digest, title } of papers) {
      const source = `docker://${host}/greet@${digest}`;
      const target = `dir:${join(project.root, `paper-${title}`)}`;
      execFileSync('skopeo', ['--insecure-policy', 'copy', '--src-tls-verify=false', source, target]);
    }
    expect((await project.run(['inspect', `${host}/greet`])).stdout).toBe('1\n');

    const asked = ['--trust', ours.allowed, '--require', 'boot'];
    const pulled = await project.run(['pull', `${host}/greet:1`, '-o', 'pulled', ...asked]);
    expect(pulled).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('signed by ours@example.com') as string,
    });
    const other = await project.run(['pull', `${host}/greet:1`, '-o', 'other', '--trust', theirs.allowed]);
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not signed with a key') as string,
    });
    const rebuilt = [...asked, '--rebuilders', '1-of-1'];
    const few = await project.run(['pull', `${host}/greet:1`, '-o', 'few', ...rebuilt]);
    expect(few).toMatchObject({ code: 1, stderr: expect.stringContaining('0 of 1 rebuilders') as string });
    const attest = ['verify', 'greet', '--attest', ours.key, '-o', 'rebuilt.json'];
    const attested = await project.run(attest);
    expect(attested.code, attested.stdout + attested.stderr).toBe(0);
    const found = [...rebuilt, '--statement', 'rebuilt.json'];
    const enough = await project.run(['pull', `${host}/greet:1`, '-o', 'enough', ...found]);
    expect(enough).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('rebuilt alike by 1') as string,
    });
  }, 400_000);

  it('are made for a product that publishes none, and one without the proof of its gate is not pushed', async () => {
    const { host } = await startRegistry();
    const project = greeting(host, '[]');
    expect(await project.run(['run', 'greet'])).toMatchObject({ code: 0 });
    const push = ['push', 'greet', `${host}/greet:1`, '--contains-apple-software'];
    const elsewhere = await project.run(push, { CIDERMILL_STORE: join(project.root, 'empty') });
    expect(elsewhere).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no result in the store') as string,
    });
    expect((await project.run(['inspect', `${host}/greet`])).stdout).toBe('');
    expect(await project.run(push)).toMatchObject({ code: 0 });
    const pulled = await project.run(['pull', `${host}/greet:1`, '-o', 'pulled', '--require', 'boot']);
    expect(pulled).toMatchObject({ code: 0, stdout: expect.stringContaining('gate: look') as string });
    appendFileSync(join(project.root, 'artifacts/greet/greeting.txt'), ' and more');
    const altered = await project.run(push);
    expect(altered).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('greeting.txt is not what') as string,
    });
    const plain = ['push', 'recipes', `${host}/plain:1`, '--contains-apple-software'];
    expect(await project.run(plain)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('gate: none') as string,
    });
    const unproven = await project.run(['pull', `${host}/plain:1`, '-o', 'plain', '--require', 'boot']);
    expect(unproven).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no proof that it has booted') as string,
    });
  });
});
