import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeDmg } from '../../src/image/index.ts';
import { fixture, has, present } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { makeHfsPlus } from '../rig/judges/index.ts';
import { writeUdif } from '../rig/images/udif-writer.ts';

describe('images made by macOS', () => {
  test('a compressed HFS+ image is described from its map and its volume', async () => {
    expect(await describeDmg(fixture('dfvfs/hfsplus_zlib.dmg'))).toEqual({
      format: 'udif',
      fileSize: 20_056,
      sectors: 3817,
      chunks: {
        zlib: { count: 8, bytes: 1_084_416 },
        zero: { count: 2, bytes: 863_232 },
        ignore: { count: 3, bytes: 6656 },
      },
      checksums: { dataFork: 'none', master: 'CRC-32', tables: ['CRC-32'] },
      map: 'gpt',
      partitions: [
        {
          number: 1,
          type: '48465300-0000-11aa-aa11-00306543ecac',
          kind: 'Apple HFS+',
          content: 'hfs',
          name: 'disk image',
          offset: 20_480,
          size: 1_916_928,
          volume: { format: 'HFS+', version: 4, name: 'hfsplus_test', journaled: false, size: 1_916_928 },
        },
      ],
      problems: [],
    });
  });

  test.each(present(['brew/container-apfs.dmg', 'dfvfs/apfs.raw']))('%s is named APFS', async (name) => {
    const apfs = await describeDmg(fixture(name));
    expect(apfs.partitions.map((each) => each.volume)).toEqual([{ format: 'APFS' }]);
  });

  test('a journal and a lone volume are named', async () => {
    if (has('brew/container.dmg')) {
      const journaled = await describeDmg(fixture('brew/container.dmg'));
      expect(journaled.partitions[0]?.volume).toMatchObject({ name: 'container.dmg', journaled: true });
    }
    const own = join(freshFolder(), 'journaled.img');
    writeFileSync(own, '');
    truncateSync(own, 16 * 2 ** 20);
    makeHfsPlus(own, 'journaled', ['-J', '512K']);
    expect((await describeDmg(own)).partitions[0]?.volume).toMatchObject({
      name: 'journaled',
      journaled: true,
    });
    const raw = await describeDmg(fixture('dfvfs/hfsplus.raw'));
    expect(raw).toMatchObject({ format: 'raw', map: 'none', sectors: 8112, chunks: {} });
    expect(raw.partitions).toMatchObject([{ kind: 'whole disk', volume: { format: 'HFS+', version: 4 } }]);
  });
});

test('an image of what no one knows is described all the same', async () => {
  const path = join(freshFolder(), 'in.dmg');
  writeFileSync(path, writeUdif([{ name: 'a', runs: [{ kind: 'zlib', data: Buffer.alloc(4096, 7) }] }]));
  expect(await describeDmg(path)).toMatchObject({
    sectors: 8,
    map: 'none',
    partitions: [{ kind: 'whole disk', size: 4096 }],
    problems: [],
  });
});
