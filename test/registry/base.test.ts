import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { noise } from '../rig/product-folder.ts';
import { testProject } from '../rig/project.ts';
import { startRegistry } from '../rig/registry-server.ts';

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
});
