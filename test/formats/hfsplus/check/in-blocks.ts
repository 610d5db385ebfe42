import type { Planting } from './planting.ts';

export const inBlocks: readonly Planting[] = [
  // The bitmap.
  {
    what: 'a used block marked as free',
    volume: 'linux',
    plant: (s) => s.flip(s.bitmap, s.volume.header.catalogFile.extents[0]?.startBlock ?? 0),
    finds: /^block \d+ belongs to the catalog file and is marked as free$/,
    fsck: true,
  },
  {
    what: 'a free block marked as used',
    volume: 'linux',
    plant: (s) => s.flip(s.bitmap, s.freeBlock()),
    finds: /^block \d+ is marked as used and belongs to nothing$/,
    fsck: true,
  },
  {
    what: 'the first block marked as free',
    volume: 'linux',
    plant: (s) => s.flip(s.bitmap, 0),
    finds: /^block 0 belongs to the volume header and is marked as free$/,
    fsck: true,
  },
  {
    what: 'the last block marked as free',
    volume: 'linux',
    plant: (s) => s.flip(s.bitmap, s.volume.header.totalBlocks - 1),
    finds: /^block \d+ belongs to the alternate volume header and is marked as free$/,
    fsck: true,
  },
  {
    what: 'a bit behind those of the volume',
    volume: 'linux',
    plant: (s) => s.flip(s.bitmap, s.volume.header.totalBlocks + 5),
    finds: /^1 blocks beyond the volume's 2048 are marked as used$/,
    fsck: false,
  },
  // Extents.
  {
    what: 'a file beyond the end of the volume',
    volume: 'linux',
    plant: (s) => s.set32(s.field(s.named('with/colon'), 88 + 16), 99_999),
    finds: /^the data fork of file \d+ has blocks 99999 to 99999, beyond the volume's 2048$/,
    fsck: true,
  },
  {
    what: 'two files with one block',
    volume: 'linux',
    plant: (s) => {
      const other = s.field(
        s.entry(({ name }) => name.startsWith('nnn')),
        88 + 16,
      );
      s.set32(s.field(s.named('with/colon'), 88 + 16), s.u32(other));
    },
    finds: /^1 blocks from \d+ belong to the data fork of file \d+ and to the data fork of file \d+$/,
    fsck: true,
  },
  {
    what: 'a file in the catalog’s blocks',
    volume: 'linux',
    plant: (s) =>
      s.set32(
        s.field(s.named('with/colon'), 88 + 16),
        s.volume.header.catalogFile.extents[0]?.startBlock ?? 0,
      ),
    finds: /^1 blocks from \d+ belong to .*the catalog file/,
    fsck: true,
  },
  {
    what: 'a fork that counts more blocks than its extents have',
    volume: 'linux',
    plant: (s) => s.set32(s.field(s.named('with/colon'), 88 + 12), 2),
    finds: /^the data fork of file \d+ has 1 blocks in its extents and 2 by its count$/,
    fsck: true,
  },
  {
    what: 'a fork larger than its blocks',
    volume: 'linux',
    plant: (s) => s.set32(s.field(s.named('with/colon'), 88 + 4), 5000),
    finds: /^the data fork of file \d+ has 5000 bytes, more than its 1 blocks hold$/,
    fsck: true,
  },
  {
    what: 'an extent behind an empty one',
    volume: 'linux',
    plant: (s) => {
      s.set32(s.field(s.named('with/colon'), 88 + 40), s.freeBlock());
      s.set32(s.field(s.named('with/colon'), 88 + 44), 1);
    },
    finds: /^the data fork of file \d+ has an extent behind an empty one$/,
    fsck: true,
  },
  // The overflow file.
  {
    what: 'an overflow record of a file that is not there',
    volume: 'linux',
    plant: (s) => {
      const last = s.records('extents').at(-1);
      s.set32((last?.key ?? 0) + 2, 99_999);
    },
    finds: /^a record is of the data fork of 99999 from its block \d+, and there is no such file$/,
    fsck: true,
  },
  {
    what: 'an overflow record that continues at another block',
    volume: 'linux',
    plant: (s) => s.add32((s.records('extents').at(-1)?.key ?? 0) + 6, 1),
    finds: /^a record continues the data fork of file \d+ at its block \d+, and \d+ are known before it$/,
    fsck: true,
  },
  {
    what: 'an overflow record without extents',
    volume: 'linux',
    plant: (s) => s.set32((s.records('extents').at(-1)?.data ?? 0) + 4, 0),
    finds: /^a record of the data fork of \d+ from its block \d+ is empty$/,
    fsck: true,
  },
];
