import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeOverlay, readQcow2 } from '../../../src/formats/qcow2/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { testProject } from '../../rig/project.ts';
import { bootLoader, buildKernel, buildLoader, cutOffDisk } from '../../smoke/standins.ts';
import { makeProduct, runBoot, withLoader } from './boot-runs.ts';

describe('a disk whose last files a loader cannot read', { timeout: 120_000 }, () => {
  const loader = buildLoader();
  const kernel = readFileSync(buildKernel());

  it('is attached by boot with zeros behind it, as a disc, and is left as it was', async () => {
    const iso = await cutOffDisk(kernel, { whole: true, kernelFlags: ['cham=iso'] });
    await expect(bootLoader({ loader, iso, route: 'standin' })).rejects.toThrow('EBIOS read error');
    const before = readFileSync(iso);
    const args = ['--install', '--iso', iso, '--wait-for', 'cham=iso', '--timeout', '60'];
    const { code, stdout, stderr } = await runBoot(withLoader(makeProduct(), loader, ...args));
    expect(stdout, stderr).toContain('cham=iso');
    expect(code).toBe(0);
    expect(stderr).toContain('it is attached with zeros appended; the file is not changed');
    expect(readFileSync(iso).equals(before)).toBe(true);
  });

  it("is attached so as the guest's own disk too, where what it writes is thrown away", async () => {
    const disk = await cutOffDisk(kernel, { whole: true, kernelFlags: ['cham=own'] });
    const before = readFileSync(disk);
    const args = ['--disk', disk, '--disk-format', 'raw', '--wait-for', 'cham=own', '--timeout', '60'];
    const snapshot = await runBoot(withLoader(makeProduct(), loader, ...args, '--snapshot'));
    expect(snapshot.stdout, snapshot.stderr).toContain('cham=own');
    expect(readFileSync(disk).equals(before)).toBe(true);
    // What the guest writes has to go to the disk itself.
    const written = await runBoot(
      withLoader(makeProduct(), loader, ...args.slice(0, 4), '--wait-for', 'screen:boot:', '--timeout', '60'),
    );
    expect(written.code, written.stderr).toBe(0);
    expect(written.stderr).toContain('`cidermill disk grow` repairs that');
  });

  it('is named by dmg convert', async () => {
    const project = testProject({});
    const iso = await cutOffDisk(kernel, { whole: true });
    const out = join(freshFolder(), 'out.img');
    const cut = await project.run(['dmg', 'convert', iso, '-o', out]);
    expect(cut).toMatchObject({ code: 0, stderr: expect.stringContaining('64 sectors ahead') as string });
    writeFileSync(iso, Buffer.concat([readFileSync(iso), Buffer.alloc(128 * 512)]));
    expect(await project.run(['dmg', 'convert', iso, '-o', out])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('an overlay', () => {
  it("is sound for qemu-img, and is the file's bytes with zeros behind them", async () => {
    const folder = freshFolder();
    const [below, above, raw] = ['below', 'above', 'raw'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const bytes = Buffer.alloc(100 * 512, 'below');
    writeFileSync(below, bytes);
    const overlay = makeOverlay({ size: 4096 * 512, backing: below, backingFormat: 'raw' });
    writeFileSync(above, overlay);
    expect(await readQcow2(memorySource(overlay))).toEqual({
      ...{ version: 3, size: 2_097_152n, backing: below, backingFormat: 'raw' },
    });
    execFileSync('qemu-img', ['check', above], { stdio: 'pipe' });
    execFileSync('qemu-img', ['convert', '-O', 'raw', above, raw], { stdio: 'pipe' });
    expect(readFileSync(raw).equals(Buffer.concat([bytes, Buffer.alloc(3996 * 512)]))).toBe(true);
  });

  it.each([2 ** 42 + 512, 1000])('of %d bytes is refused', (size) => {
    expect(() => makeOverlay({ size, backing: '/a', backingFormat: 'raw' })).toThrow(
      `an overlay of ${size} bytes`,
    );
    expect(() => makeOverlay({ size: 512, backing: `/${'a'.repeat(1023)}`, backingFormat: 'raw' })).toThrow(
      '1024 bytes',
    );
  });
});
