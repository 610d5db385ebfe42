import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { readQcow2 } from '../../src/formats/qcow2/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { judgeDisk } from '../../src/vm/index.ts';
import { freshFolder } from '../rig/folder.ts';

function qemuImg(...args: readonly string[]): void {
  execFileSync('qemu-img', args, { stdio: 'ignore' });
}

/** A raw disk on which a guest has written the header of a qcow2 image on top of a file of the host's. */
function hostileRaw(): string {
  const disk = join(freshFolder(), 'disk.img');
  qemuImg('create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', disk, '64M');
  truncateSync(disk, 64 * 2 ** 20);
  return disk;
}

/** base.qcow2 and middle.qcow2 in a folder of their own, and mine.qcow2 on top of them in another. */
function chain(): { mine: string; bases: string } {
  const folder = freshFolder();
  const bases = join(folder, 'bases');
  mkdirSync(bases);
  qemuImg('create', '-q', '-f', 'qcow2', join(bases, 'base.qcow2'), '64M');
  qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', join(bases, 'middle.qcow2'));
  const mine = join(folder, 'mine.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', '-b', 'bases/middle.qcow2', '-F', 'qcow2', mine);
  return { mine, bases };
}

describe('a disk image', () => {
  it('is raw or qcow2 by its first bytes, and whole by itself', async () => {
    const folder = freshFolder();
    const [raw, qcow2] = [join(folder, 'raw'), join(folder, 'qcow2')];
    writeFileSync(raw, Buffer.alloc(1024));
    qemuImg('create', '-q', '-f', 'qcow2', qcow2, '1G');
    expect(await judgeDisk(raw)).toEqual({ file: raw, format: 'raw' });
    expect(await judgeDisk(qcow2)).toEqual({ file: qcow2, format: 'qcow2' });
    writeFileSync(raw, '');
    expect(await judgeDisk(raw)).toEqual({ file: raw, format: 'raw' });
  });

  it('whose guest made it look as if it were on top of a file of the host is refused, unless it is said to be raw', async () => {
    const disk = hostileRaw();
    // QEMU itself would follow it.
    expect(execFileSync('qemu-img', ['info', disk], { encoding: 'utf8' })).toContain('/etc/passwd');
    await expect(judgeDisk(disk)).rejects.toMatchObject({ code: 'disk-leads-elsewhere' });
    await expect(judgeDisk(disk, { format: 'qcow2' })).rejects.toMatchObject({
      code: 'disk-leads-elsewhere',
    });
    await expect(judgeDisk(disk, { backing: '/etc' })).rejects.toMatchObject({
      code: 'disk-leads-elsewhere',
    });
    await expect(judgeDisk(disk, { format: 'qcow2', backing: dirname(disk) })).rejects.toThrow(
      'is not in the folder',
    );
    expect(await judgeDisk(disk, { format: 'raw' })).toEqual({ file: disk, format: 'raw' });
  });

  it('is followed through all that it is on top of, as far as the folder that was said', async () => {
    const { mine, bases } = chain();
    await expect(judgeDisk(mine)).rejects.toMatchObject({
      code: 'disk-leads-elsewhere',
      hint: expect.stringContaining(`--disk-format qcow2 --backing ${bases}`) as string,
    });
    const trust = { format: 'qcow2', backing: bases };
    expect(await judgeDisk(mine, trust)).toEqual({
      file: mine,
      format: 'qcow2',
      backing: join(bases, 'middle.qcow2'),
    });
    // The base of its base is now elsewhere.
    copyFileSync(join(bases, 'base.qcow2'), join(bases, '../outside.qcow2'));
    qemuImg('rebase', '-u', '-b', '../outside.qcow2', '-F', 'qcow2', join(bases, 'middle.qcow2'));
    await expect(judgeDisk(mine, trust)).rejects.toThrow('is not in the folder');
    symlinkSync('../outside.qcow2', join(bases, 'link.qcow2'));
    qemuImg('rebase', '-u', '-b', 'link.qcow2', '-F', 'qcow2', join(bases, 'middle.qcow2'));
    await expect(judgeDisk(mine, trust)).rejects.toThrow('is not in the folder');
  });

  it('whose chain goes in a circle, or does not name a format, is refused', async () => {
    const { mine, bases } = chain();
    const trust = { format: 'qcow2', backing: bases };
    qemuImg('rebase', '-u', '-b', 'middle.qcow2', '-F', 'qcow2', join(bases, 'base.qcow2'));
    await expect(judgeDisk(mine, trust)).rejects.toThrow('has no end');
    const bytes = readFileSync(join(bases, 'middle.qcow2'));
    const at = bytes.indexOf(Buffer.from([0xe2, 0x79, 0x2a, 0xca]));
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt32BE(0x12345678, at);
    writeFileSync(join(bases, 'middle.qcow2'), bytes);
    await expect(judgeDisk(mine, trust)).rejects.toMatchObject({ code: 'disk-format' });
  });

  it('that has its data in another file is refused, and named with it where that is allowed', async () => {
    const folder = freshFolder();
    const image = join(folder, 'image.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${folder}/data.raw`, image, '8M');
    await expect(judgeDisk(image)).rejects.toThrow('has its data in another file');
    expect(await judgeDisk(image, { format: 'qcow2', backing: folder })).toMatchObject({
      dataFile: join(folder, 'data.raw'),
    });
  });

  it.each(['nbd://example.com/disk', 'json:{"driver":"file"}', 'file:base.qcow2', 'fat:rw:/etc'])(
    'on top of %s is refused: that is not a path',
    async (name) => {
      const { mine, bases } = chain();
      const bytes = readFileSync(mine);
      const at = Number(bytes.readBigUInt64BE(8));
      bytes.write(name, at);
      bytes.writeUInt32BE(name.length, 16);
      writeFileSync(mine, bytes);
      await expect(judgeDisk(mine, { format: 'qcow2', backing: bases })).rejects.toThrow(
        'which is not a path',
      );
    },
  );

  it.each([
    ['vmdk', ['-f', 'vmdk']],
    ['vdi', ['-f', 'vdi']],
    ['vhdx', ['-f', 'vhdx']],
    ['vpc', ['-f', 'vpc']],
    ['qed', ['-f', 'qed']],
    ['qcow', ['-f', 'qcow']],
    ['parallels', ['-f', 'parallels']],
  ])(
    'of the format %s is not taken for one, nor for a raw disk, unless that was said',
    async (format, options) => {
      const image = join(freshFolder(), 'image');
      qemuImg('create', '-q', ...options, image, '64M');
      await expect(judgeDisk(image)).rejects.toMatchObject({
        code: 'disk-format',
        hint: expect.stringContaining(`--disk-format ${format}`) as string,
      });
      expect(await judgeDisk(image, { format })).toEqual({ file: image, format });
    },
  );

  it('that is a text naming other files, as VMware has them, is not opened by QEMU', async () => {
    const image = join(freshFolder(), 'disk.img');
    writeFileSync(
      image,
      '\n# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 8 FLAT "/etc/passwd" 0\n',
    );
    await expect(judgeDisk(image)).rejects.toMatchObject({ code: 'disk-format' });
  });

  it('that is not there, or no qcow2 image though that was said, is one failure', async () => {
    const folder = freshFolder();
    await expect(judgeDisk(join(folder, 'none'))).rejects.toMatchObject({ code: 'no-file' });
    writeFileSync(join(folder, 'raw'), Buffer.alloc(512));
    await expect(judgeDisk(join(folder, 'raw'), { format: 'qcow2' })).rejects.toMatchObject({
      code: 'disk-format',
    });
  });
});

describe('the header of a qcow2 image', () => {
  it('with any bytes changed is read as QEMU reads it, or refused with its place', async () => {
    const { mine } = chain();
    const whole = readFileSync(mine);
    const change = fc.tuple(fc.nat({ max: 600 }), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          const header = await readQcow2(memorySource(bytes));
          expect(header === undefined || header.version >= 2).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('names its files as qemu-img names them', async () => {
    const { mine, bases } = chain();
    for (const [file, backing] of [
      [mine, 'bases/middle.qcow2'],
      [join(bases, 'middle.qcow2'), 'base.qcow2'],
      [join(bases, 'base.qcow2'), undefined],
    ] as const) {
      const info = JSON.parse(
        execFileSync('qemu-img', ['info', '--output=json', file], { encoding: 'utf8' }),
      ) as Record<string, unknown>;
      const header = await readQcow2(memorySource(readFileSync(file)));
      expect(header?.backing).toBe(backing);
      expect(info['backing-filename']).toBe(backing);
      expect(Number(header?.size)).toBe(info['virtual-size']);
    }
    const old = join(bases, 'old.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-o', 'compat=0.10', '-b', 'base.qcow2', '-F', 'qcow2', old);
    expect(await readQcow2(memorySource(readFileSync(old)))).toMatchObject({
      version: 2,
      backing: 'base.qcow2',
      backingFormat: 'qcow2',
    });
  });
});
