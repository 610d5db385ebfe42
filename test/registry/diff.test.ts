import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { noise, patchFile } from '../rig/product-folder.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';
import { greeting } from './greeting.ts';

beforeEach((context) => needs(context, 'docker-registry'));

describe('two versions of a product in a registry', () => {
  it('are compared by parameters, sources, files and disks, without a file of them', async () => {
    const { host } = await startRegistry();
    const project = greeting(host);
    const push = async (product: string, tag: string): Promise<void> => {
      const ended = await project.run(['push', product, `${host}/${tag}`, '--contains-apple-software']);
      expect(ended.code, ended.stderr).toBe(0);
    };
    expect(await project.run(['run', 'greet'])).toMatchObject({ code: 0 });
    await push('greet', 'greet:1');
    project.write('name.txt', 'another world');
    expect(await project.run(['run', 'greet'])).toMatchObject({ code: 0 });
    await push('greet', 'greet:2');
    const same = await project.run(['diff', `oci://${host}/greet:1`, `oci://${host}/greet:1`]);
    expect(same).toMatchObject({ code: 0, stdout: 'no differences\n' });
    const differ = await project.run(['diff', `oci://${host}/greet:1`, `oci://${host}/greet:2`]);
    expect(differ.code, differ.stderr).toBe(1);
    expect(differ.stdout).toMatch(/^parameters\n {2}~ name sha256:\S+ → sha256:\S+\n/);
    expect(differ.stdout).toMatch(/^ {2}~ user:name \S+ → \S+$/m);
    expect(differ.stdout).toMatch(/^ {2}~ greeting\.txt: \+8 B$/m);

    const folder = join(project.root, 'mac');
    mkdirSync(folder);
    writeFileSync(join(folder, 'disk.img'), noise(20 << 20, 'first'));
    await push('mac', 'mac:1');
    patchFile(join(folder, 'disk.img'), 3 << 20, noise(5000, 'second'));
    await push('mac', 'mac:2');
    const disks = await project.run(['diff', `oci://${host}/mac:1`, `oci://${host}/mac:2`, '--json']);
    expect(JSON.parse(disks.stdout)).toMatchObject({
      changes: [
        { part: 'files', name: 'disk.img', change: 'changed', bytes: 0 },
        { part: 'disks', name: 'disk.img', bytes: 1 << 20 },
      ],
    });
    const mixed = await project.run(['diff', `oci://${host}/mac:1`, 'mac']);
    expect(mixed).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a reference') as string });
  }, 600_000);
});
