import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freshFolder } from './folder.ts';
import {
  fls,
  fsckHfsPlus,
  kernelListings,
  makeHfsPlus,
  mmls,
  needs,
  runLinux,
  sgdiskVerify,
} from './judges/index.ts';

/** A judge that never says no is none. */
describe('the judges', () => {
  test('fsck.hfsplus tells a sound volume from a damaged one, also inside a disk', (context) => {
    needs(context, 'hfsprogs');
    const volume = emptyVolume();
    expect(fsckHfsPlus(volume)).toMatchObject({ clean: true });
    const disk = join(freshFolder(), 'disk');
    writeFileSync(disk, Buffer.concat([Buffer.alloc(20480), readFileSync(volume)]));
    expect(fsckHfsPlus(disk, { offset: 20480, size: 8 * 2 ** 20 })).toMatchObject({ clean: true });
    const bytes = readFileSync(volume);
    bytes.writeUInt32BE(77, 1024 + 32); // files
    writeFileSync(volume, bytes);
    expect(fsckHfsPlus(volume)).toMatchObject({ clean: false });
  });

  test('sgdisk and mmls read a GPT and see damage to it', (context) => {
    needs(context, 'sgdisk', 'sleuthkit', 'hfsprogs');
    expect(fls(emptyVolume()).join()).toContain('$CatalogFile');
    const disk = join(freshFolder(), 'disk');
    writeFileSync(disk, '');
    truncateSync(disk, 4 * 2 ** 20);
    execFileSync('sgdisk', ['-n', '1:2048:4095', '-t', '1:af00', disk]);
    expect(sgdiskVerify(disk)).toMatchObject({ clean: true });
    expect(mmls(disk).find(({ slot }) => slot === '000')).toMatchObject({ start: 2048, length: 2048 });
    const bytes = readFileSync(disk);
    bytes[1024] = 1;
    writeFileSync(disk, bytes);
    expect(sgdiskVerify(disk)).toMatchObject({ clean: false });
  });

  test("Linux's driver lists what Linux's driver wrote, down to modes, links and odd names", async (context) => {
    needs(context, 'hfsprogs', 'linux');
    const volume = emptyVolume();
    await runLinux(
      [{ path: volume, writable: true }],
      `mount_disk 0 rw
cd /mnt
mkdir -p 'folder/with
two lines'
yes a | tr -d '\\n' | head -c 70000 >'folder/with
two lines/a'
chmod 2751 folder
ln -s '../somewhere else' folder/link
ln folder/*/a hard
chown 501:20 hard
cd /
umount /mnt`,
    );
    const second = join(freshFolder(), 'second');
    copyFileSync(volume, second);
    const [listing, again] = await kernelListings([volume, second]);
    expect(listing).toEqual(again);
    const sum = createHash('sha256').update('a'.repeat(70_000)).digest('hex');
    const file = { kind: 'file', size: 70_000, links: 2, sha256: sum, owner: 501, group: 20 };
    expect(listing?.get('folder/with\ntwo lines/a')).toMatchObject(file);
    expect(listing?.get('hard')).toMatchObject(file);
    expect(listing?.get('folder')).toMatchObject({ kind: 'folder', mode: 0o2751 });
    expect(listing?.get('folder/link')).toMatchObject({ kind: 'symlink', target: '../somewhere else' });
    const empty = join(freshFolder(), 'empty');
    writeFileSync(empty, Buffer.alloc(2 ** 20));
    await expect(kernelListings([volume, empty])).rejects.toThrow(
      `cannot read ${empty}: no HFS+ volume mounts`,
    );
  });
});

function emptyVolume(): string {
  const volume = join(freshFolder(), 'volume');
  writeFileSync(volume, '');
  truncateSync(volume, 8 * 2 ** 20);
  makeHfsPlus(volume, 'judged');
  return volume;
}
