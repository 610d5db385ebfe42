import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256, type Sha256 } from '../../src/base/index.ts';
import { packsOf, type Chunk, type DiskIndex } from '../../src/registry/packs/disk-index.ts';
import { knownChunks, worthReusing } from '../../src/registry/packs/reuse.ts';
import { needs } from '../rig/judges/index.ts';
import { productFolder } from '../rig/product-folder.ts';
import { testProject } from '../rig/project.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';

/** A disk whose packs have so many frames each, all of one length. */
function disk(packs: number, frames: number, length: number): DiskIndex {
  const chunks = Array.from({ length: packs * frames }, (_, number): Chunk => {
    const pack = { digest: `sha256:${sha256(`pack ${Math.floor(number / frames)}`)}`, size: frames * length };
    return { number, digest: sha256(`chunk ${number}`), pack, offset: (number % frames) * length, length };
  });
  return { path: 'disk.img', view: 'file', size: (packs * frames) << 20, chunks };
}

const wanted = (chunks: readonly Chunk[]): ReadonlySet<Sha256> => new Set(chunks.map(({ digest }) => digest));

describe('the packs of an earlier version', () => {
  it('are used again as long as half of each is needed', () => {
    const before = disk(2, 10, 1 << 20);
    const known = knownChunks([before]);
    expect(worthReusing(known, wanted(before.chunks)).size).toBe(20);
    const half = before.chunks.filter(({ number }) => number >= 5);
    expect(worthReusing(known, wanted(half)).size).toBe(15);
    const less = before.chunks.filter(({ number }) => number >= 6);
    expect(worthReusing(known, wanted(less)).size).toBe(10);
  });

  it('are made fewer when they are more than a hundred and small, and kept when they are full', () => {
    const small = disk(120, 2, 1 << 20);
    expect(worthReusing(knownChunks([small]), wanted(small.chunks)).size).toBe(0);
    const full = disk(120, 64, 1 << 20);
    expect(packsOf(full.chunks)).toHaveLength(120);
    expect(worthReusing(knownChunks([full]), wanted(full.chunks)).size).toBe(120 * 64);
  });
});

describe('a qcow2 image that its papers name by its digest', () => {
  it('keeps that digest, whatever its form, and is refused when it is another', async (context) => {
    needs(context, 'docker-registry');
    const { host } = await startRegistry();
    const project = testProject({ 'cidermill.yaml': `registry: { private: ["${host}"] }\n` });
    const folder = productFolder(join(project.root, 'mac'));
    rmSync(join(folder, 'disk.img'));
    const sums = execFileSync('sha256sum', ['mac.qcow2', 'boot'], { cwd: folder, encoding: 'utf8' });
    writeFileSync(join(folder, 'SHA256SUMS'), sums);
    const push = ['push', 'mac', `${host}/mac:1`, '--contains-apple-software'];
    const pushed = await project.run(push);
    expect(pushed.code, pushed.stderr).toBe(0);
    expect(pushed.stderr).not.toContain('canonical');
    expect((await project.run(['pull', `${host}/mac:1`, '-o', 'pulled'])).code).toBe(0);
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: join(project.root, 'pulled') });
    writeFileSync(join(folder, 'SHA256SUMS'), sums.replace(/^./gm, '0').replace(/^0./gm, '00'));
    const altered = await project.run(push);
    expect(altered).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not what the papers') as string,
    });
  }, 300_000);
});
