import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  blocksInUse,
  checkVolume,
  findEntry,
  openData,
  openVolume,
} from '../../src/formats/hfsplus/index.ts';
import { findHfsPlus, openFile, openTarget } from '../../src/image/index.ts';
import { sealedSource } from '../../src/disk/index.ts';
import { memorySource, windowOf } from '../../src/formats/source/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { absence, fsckHfsPlus, needs } from '../rig/judges/index.ts';
import { journaledVolume } from '../rig/images/journaled-volume.ts';
import { noise } from '../rig/product-folder.ts';
import { testProject } from '../rig/project.ts';
import { rounds } from '../rig/rounds.ts';
import { buildKernel, buildLoader, makeSystemDisk } from '../smoke/standins.ts';

/** Fills what no file uses with bytes of files that are gone. @returns how many bytes that are */
async function fillFreeBlocks(path: string): Promise<number> {
  const disk = await openTarget(path, 'present');
  const { volume, offset, header } = await findHfsPlus(disk);
  const { inUse } = await blocksInUse(await openVolume(volume));
  const bytes = windowOf(disk, offset, volume.size);
  const junk = noise(header.blockSize, 'deleted');
  let filled = 0;
  for (let block = 0; block < header.totalBlocks; block++) {
    if (((inUse[block >> 3] ?? 0) & (0x80 >> (block & 7))) !== 0) continue;
    await bytes.write(block * header.blockSize, junk);
    filled += header.blockSize;
  }
  await disk.close();
  return filled;
}

/** The hash of the kernel on a raw disk's volume, and what our own check and Apple's say of the volume. */
async function lookAt(path: string): Promise<{ readonly kernel: string; readonly faults: number }> {
  const disk = await openFile(path);
  try {
    const found = await findHfsPlus(disk);
    const volume = await openVolume(found.volume);
    const entry = findEntry(volume, 'System/Library/Kernels/kernel');
    if (entry === undefined) throw new Error('no kernel');
    const data = await openData(volume, entry);
    const kernel = createHash('sha256')
      .update(await data.read(0, data.size))
      .digest('hex');
    const { faults } = await checkVolume(found.volume);
    if (absence('hfsprogs') === undefined) {
      const alone = `${path}.volume`;
      writeFileSync(alone, await found.volume.read(0, found.volume.size));
      expect(fsckHfsPlus(alone)).toMatchObject({ clean: true });
    }
    return { kernel, faults };
  } finally {
    await disk.close();
  }
}

const image = (folder: string, raw: string): string => {
  const path = join(folder, 'mac.qcow2');
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, path]);
  return path;
};

describe('a disk that a guest was installed onto', () => {
  it('is sealed without what its volume does not use, the same bytes twice, when the loader has booted it', async () => {
    const project = testProject({ 'from/notes.txt': 'of the product\n' });
    copyFileSync(buildLoader(), join(project.root, 'from/boot'));
    const kernel = readFileSync(buildKernel());
    const files = { 'System/Library/Kernels/kernel': kernel };
    const raw = await makeSystemDisk({ name: 'Sealed', files, size: rounds(1_100) << 20 });
    const filled = await fillFreeBlocks(raw);
    expect(filled).toBeGreaterThan(rounds(1_000) << 20);
    const disk = image(project.root, raw);
    const args = ['seal', disk, '--from', 'from', '--qemu', 'qemu-system-x86_64'];
    const seen = ['--wait-for', 'console:Darwin Kernel Version'];
    const sealed = await project.run([...args, '-o', 'sealed', ...seen, '--json']);
    expect(sealed.code, sealed.stderr).toBe(0);
    const told = JSON.parse(sealed.stdout) as { size: number; sha256: string; milestones: string[] };
    expect(told.milestones).toContain('system');
    const made = join(project.root, 'sealed/disk.qcow2');
    execFileSync('qemu-img', ['check', made]);
    expect(statSync(disk).size - statSync(made).blocks * 512).toBeGreaterThan(0.9 * filled);
    const back = join(project.root, 'back.img');
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', made, back]);
    expect(await lookAt(back)).toEqual({ ...(await lookAt(raw)), faults: 0 });
    const again = await project.run([...args, '-o', 'again', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ sha256: told.sha256 });
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: join(project.root, 'sealed') });
    expect(readFileSync(join(project.root, 'sealed/notes.txt'), 'utf8')).toBe('of the product\n');
    const refused = await project.run(['push', 'sealed', '127.0.0.1:1/mac:1']);
    expect(refused.stderr).toContain('holds what came from files of yours (disk)');
  }, 600_000);

  it('is not sealed when the loader does not find its volume, with snapshots, or with a journal to be played', async () => {
    const project = testProject({ 'from/notes.txt': '' });
    copyFileSync(buildLoader(), join(project.root, 'from/boot'));
    const args = ['--from', 'from', '-o', 'sealed', '--qemu', 'qemu-system-x86_64'];
    const nothing = await makeSystemDisk({ name: 'Empty', version: null });
    const disk = image(project.root, nothing);
    const unbooted = await project.run([
      'seal',
      disk,
      ...args,
      '--wait-for',
      'console:Darwin',
      '--timeout',
      '60',
    ]);
    expect(unbooted.code, unbooted.stderr).toBe(1);
    execFileSync('qemu-img', ['snapshot', '-c', 'before', disk]);
    const snapshots = await project.run(['seal', disk, ...args]);
    expect(snapshots).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has internal snapshots (1)') as string,
    });
    if (absence('hfsprogs') === undefined) {
      const dirty = join(project.root, 'dirty.img');
      writeFileSync(dirty, await journaledVolume('dirty'));
      const journal = await project.run(['seal', dirty, '--disk-format', 'raw', ...args]);
      expect(journal).toMatchObject({ code: 1, stderr: expect.stringContaining('still has') as string });
    }
    expect(existsSync(join(project.root, 'sealed'))).toBe(false);
  }, 600_000);

  it('has its journal played when that is asked for, and is sound afterwards', async (context) => {
    needs(context, 'hfsprogs');
    const dirty = memorySource(await journaledVolume('dirty'));
    await expect(sealedSource(dirty, false)).rejects.toThrow(/still has/);
    const { source, volumes } = await sealedSource(dirty, true);
    expect(volumes[0]?.played).toBeGreaterThan(0);
    const bytes = await source.read(0, source.size);
    expect((await openVolume(memorySource(bytes))).journal?.pending.size).toBe(0);
    const folder = freshFolder();
    writeFileSync(join(folder, 'played.img'), bytes);
    expect(fsckHfsPlus(join(folder, 'played.img'))).toMatchObject({ clean: true });
  });
});
