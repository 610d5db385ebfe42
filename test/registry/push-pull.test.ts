import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { noise, patchFile, productFolder } from '../rig/product-folder.ts';
import { testProject, type TestProject } from '../rig/project.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';

beforeEach((context) => needs(context, 'docker-registry'));

const skopeo = (...args: readonly string[]): string => execFileSync('skopeo', args, { encoding: 'utf8' });

/** Path → digest, or where a link leads. */
function content(folder: string): Record<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    found.flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length + 1);
      if (entry.isDirectory() || name === '.cidermill-pulled') return [];
      if (entry.isSymbolicLink()) return [[name, readlinkSync(path)]];
      const bits = (statSync(path).mode & 0o100) !== 0 ? 'x ' : '';
      return [[name, bits + createHash('sha256').update(readFileSync(path)).digest('hex')]];
    }),
  );
}

function projectFor(host: string): TestProject {
  return testProject({ 'cidermill.yaml': `registry: { private: ["${host}"] }\n` });
}

const push = async (project: TestProject, reference: string, ...more: readonly string[]) => {
  const ended = await project.run(['push', 'mac', reference, '--contains-apple-software', '--json', ...more]);
  expect(ended.stderr, ended.stdout).not.toContain('error');
  return JSON.parse(ended.stdout) as { digest: string; sent: number; present: number };
};

describe('a product in a registry', () => {
  it('is pulled elsewhere with equal digests, also from where skopeo copied it', async () => {
    const { host } = await startRegistry();
    const project = projectFor(host);
    const folder = productFolder(join(project.root, 'mac'));
    const { digest } = await push(project, `${host}/team/mac:1`);

    const source = `docker://${host}/team/mac:1`;
    const flags = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    skopeo('--insecure-policy', 'copy', ...flags, source, `docker://${host}/copy/mac:1`);
    const raw = skopeo('inspect', '--raw', '--tls-verify=false', `docker://${host}/copy/mac:1`);
    expect(`sha256:${createHash('sha256').update(raw).digest('hex')}`).toBe(digest);

    const other = testProject({});
    for (const [name, repository] of [
      ['one', 'team'],
      ['two', 'copy'],
    ] as const) {
      const ended = await other.run(['pull', `${host}/${repository}/mac:1`, '-o', name]);
      expect(ended.code, ended.stderr).toBe(0);
    }
    const pulled = content(join(other.root, 'one'));
    expect(content(join(other.root, 'two'))).toEqual(pulled);
    // The image was written by qemu-img: its disk is the same, its file is in canonical form.
    const { 'mac.qcow2': image, ...files } = content(folder);
    expect(pulled).toEqual({ ...files, 'mac.qcow2': pulled['mac.qcow2'] });
    expect(pulled['mac.qcow2']).not.toBe(image);
    const compare = ['compare', '-f', 'qcow2', '-F', 'qcow2', join(folder, 'mac.qcow2')];
    expect(
      execFileSync('qemu-img', [...compare, join(other.root, 'one/mac.qcow2')], { encoding: 'utf8' }),
    ).toContain('identical');
    execFileSync('qemu-img', ['check', join(other.root, 'one/mac.qcow2')]);
  });

  it('is sent once: a second push sends no byte of a blob, and a canonical image keeps its digest', async () => {
    const { host } = await startRegistry();
    const project = projectFor(host);
    productFolder(join(project.root, 'mac'));
    const first = await push(project, `${host}/mac:1`);
    const again = await push(project, `${host}/mac:1`);
    expect(first.sent).toBeGreaterThan(24 << 20);
    expect(again).toMatchObject({ digest: first.digest, sent: 0 });
    await project.run(['pull', `${host}/mac:1`, '-o', 'pulled']);
    expect(content(join(project.root, 'pulled'))['mac.qcow2']).toBeDefined();
    const third = await project.run([
      'push',
      'pulled',
      `${host}/mac:2`,
      '--contains-apple-software',
      '--json',
    ]);
    expect(third.stderr).not.toContain('canonical');
    await project.run(['pull', `${host}/mac:2`, '-o', 'again']);
    expect(content(join(project.root, 'again'))).toEqual(content(join(project.root, 'pulled')));
  });

  it('is pulled with only what differs from the version before it', async () => {
    const { host } = await startRegistry();
    const project = projectFor(host);
    const folder = productFolder(join(project.root, 'mac'));
    await push(project, `${host}/mac:1`);
    await project.run(['pull', `${host}/mac:1`, '-o', 'pulled']);
    patchFile(join(folder, 'disk.img'), 5 << 20, noise(1000, 'second'));
    const second = await push(project, `${host}/mac:2`);
    expect(second.sent).toBeLessThan(1.2 * 2 ** 20);
    const { stdout } = await project.run(['pull', `${host}/mac:2`, '-o', 'pulled', '--json']);
    expect((JSON.parse(stdout) as { received: number }).received).toBeLessThan(1.2 * 2 ** 20);
    expect(content(join(project.root, 'pulled'))['disk.img']).toBe(content(folder)['disk.img']);
  });

  it('is not pulled over a folder of the user’s', async () => {
    const { host } = await startRegistry();
    const project = projectFor(host);
    productFolder(join(project.root, 'mac'), 1);
    await push(project, `${host}/mac:1`);
    expect((await project.run(['pull', `${host}/mac:1`, '-o', 'pulled'])).code).toBe(0);
    writeFileSync(join(project.root, 'pulled/boot'), 'mine');
    const over = await project.run(['pull', `${host}/mac:1`, '-o', 'pulled']);
    expect(over).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was changed since it was pulled') as string,
    });
    expect(readFileSync(join(project.root, 'pulled/boot'), 'utf8')).toBe('mine');
    const other = await project.run(['pull', `${host}/mac:1`, '-o', 'mac']);
    expect(other.stderr).toContain('exists already');
  });
});

describe('a registry with a damaged pack', () => {
  it('is found out by the pull, which leaves nothing behind', async () => {
    const { host, folder } = await startRegistry();
    const project = projectFor(host);
    productFolder(join(project.root, 'mac'), 1);
    await push(project, `${host}/mac:1`);
    expect((await project.run(['pull', `${host}/mac:1`, '-o', 'sound'])).code).toBe(0);
    const raw = skopeo('inspect', '--raw', '--tls-verify=false', `docker://${host}/mac:1`);
    const { layers } = JSON.parse(raw) as { layers: { mediaType: string; digest: string }[] };
    const pack = layers.find(({ mediaType }) => mediaType.includes('pack'))?.digest.slice(7) ?? '';
    const stored = join(folder, 'data/docker/registry/v2/blobs/sha256', pack.slice(0, 2), pack, 'data');
    patchFile(stored, 1000, Buffer.from('damage'));
    const pulled = await project.run(['pull', `${host}/mac:1`, '-o', 'pulled']);
    expect(pulled.code).toBe(1);
    expect(pulled.stderr).toMatch(/gives other bytes|does not expand|not a zstd frame/);
    expect(readdirSync(project.root).filter((name) => name.includes('pulled'))).toEqual([]);
  });
});

describe('a product that may hold software of Apple', () => {
  it('is pushed only when that is said, and only to a host that the project calls private', async () => {
    const { host } = await startRegistry();
    const project = projectFor(host);
    productFolder(join(project.root, 'mac'), 1);
    const unsaid = await project.run(['push', 'mac', `${host}/mac:1`]);
    expect(unsaid).toMatchObject({ code: 1, stderr: expect.stringContaining('it is not pushed') as string });
    project.write('cidermill.yaml', 'registry: { private: ["registry.example"] }\n');
    const elsewhere = await project.run(['push', 'mac', `${host}/mac:1`, '--contains-apple-software']);
    expect(elsewhere).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not a private registry') as string,
    });
    const tags = await project.run(['inspect', `${host}/mac`]);
    expect(tags.stdout).toBe('');
    project.write('cidermill.yaml', `registry: { private: ["${host}"] }\n`);
    const said = await project.run(['push', 'mac', `${host}/mac:1`, '--contains-apple-software']);
    expect(said).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('does not travel with it') as string,
    });
    expect((await project.run(['inspect', `${host}/mac`])).stdout).toBe('1\n');
  });
});
