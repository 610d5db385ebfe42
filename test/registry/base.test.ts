import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { noise } from '../rig/product-folder.ts';
import { testProject } from '../rig/project.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';

beforeEach((context) => needs(context, 'docker-registry'));

interface ImageInfo {
  readonly filename: string;
}

describe('a team’s base image in a registry', () => {
  it('is pulled once, and booted and built upon without being written to', async () => {
    const { host, stop } = await startRegistry();
    const project = testProject({ 'cidermill.yaml': `registry: { private: ["${host}"] }\n` });
    mkdirSync(join(project.root, 'mac'));
    const raw = join(project.root, 'disk.img');
    writeFileSync(raw, noise(20 << 20, 'base'));
    const image = join(project.root, 'mac/mac.qcow2');
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, image]);
    writeFileSync(join(project.root, 'mac/boot'), 'a loader');
    const push = await project.run(['push', 'mac', `${host}/mac:1`, '--contains-apple-software', '--json']);
    const { digest } = JSON.parse(push.stdout) as { digest: string };
    const machine = ['--guest', '10.7.5', '--accel', 'tcg', '--qemu', 'qemu-system-x86_64', '--dry-run'];
    const first = await project.run(['boot', `oci://${host}/mac:1`, ...machine]);
    expect(first.code, first.stderr).toBe(0);
    const overlay = /kept in (\S+)/.exec(first.stderr)?.[1] ?? '';
    expect(first.stdout).toContain(overlay);
    const chain = execFileSync('qemu-img', ['info', '--backing-chain', '--output=json', overlay]);
    const files = (JSON.parse(chain.toString()) as ImageInfo[]).map(({ filename }) => filename);
    expect(files).toEqual([overlay, join(overlay.replace(/\.qcow2$/, ''), 'mac.qcow2')]);
    const base = ['compare', '-f', 'qcow2', '-F', 'raw', overlay, raw];
    expect(execFileSync('qemu-img', base, { encoding: 'utf8' })).toContain('identical');
    await stop();
    const again = await project.run(['boot', `oci://${host}/mac@${digest}`, ...machine]);
    expect(again, again.stderr).toMatchObject({ code: 0, stdout: first.stdout });
    const mine = ['disk', 'new', 'mine.qcow2', '--backing', `oci://${host}/mac@${digest}`];
    const made = await project.run(mine);
    expect(made.code, made.stderr).toBe(0);
    const own = ['compare', '-f', 'qcow2', '-F', 'raw', join(project.root, 'mine.qcow2'), raw];
    expect(execFileSync('qemu-img', own, { encoding: 'utf8' })).toContain('identical');
  }, 400_000);

  it('is the file of a parameter, for any pipeline that takes one', async () => {
    const { host } = await startRegistry();
    const project = testProject({
      'cidermill.yaml': `registry: { private: ["${host}"] }\n`,
      'recipes/look.yaml': `recipe: look
summary: Looks at a disk
inputs: { disk: a disk }
environment: none
script: scripts/look.ts
outputs: { digest: digest.txt }
`,
      'scripts/look.ts': `import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { step } from 'cidermill/step';
const { input, output } = await step();
writeFileSync('digest.txt', createHash('sha256').update(readFileSync(input('disk'))).digest('hex'));
await output('digest', 'digest.txt');
`,
    });
    mkdirSync(join(project.root, 'mac'));
    const image = join(project.root, 'mac/mac.qcow2');
    execFileSync('qemu-img', ['create', '-f', 'qcow2', image, '64M']);
    const push = await project.run(['push', 'mac', `${host}/mac:1`, '--contains-apple-software']);
    expect(push.code, push.stderr).toBe(0);
    const pulled = await project.run(['pull', `${host}/mac:1`, '-o', 'here']);
    expect(pulled.code, pulled.stderr).toBe(0);
    const ended = await project.run(['run', 'look', '--set', `disk=oci://${host}/mac:1`]);
    expect(ended.code, ended.stderr).toBe(0);
    const expected = createHash('sha256').update(readFileSync(join(project.root, 'here/mac.qcow2')));
    expect(readFileSync(join(project.root, 'artifacts/look/digest.txt'), 'utf8')).toBe(
      expected.digest('hex'),
    );
    const absent = await project.run(['run', 'look', '--set', `disk=oci://${host}/other:1`]);
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no ') as string });
  }, 400_000);
});
