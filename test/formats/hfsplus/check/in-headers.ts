import type { Planting } from './planting.ts';

const attributesAt = 4;

export const inHeaders: readonly Planting[] = [
  // The header.
  {
    what: 'a header without its signature',
    volume: 'linux',
    plant: (s) => s.set16(1024, 0),
    finds: /^the volume header has no signature/,
    fsck: true,
  },
  {
    what: 'a header of another version',
    volume: 'linux',
    plant: (s) => s.set16(1026, 5),
    finds: /version 5 is not the 4 of HFS\+/,
    fsck: true,
  },
  {
    what: 'the bit of an inconsistent volume',
    volume: 'linux',
    plant: (s) => s.or32(s.header(attributesAt), 0x800),
    finds: /^the volume is marked as inconsistent$/,
    fsck: false,
  },
  {
    what: 'a volume that was not unmounted',
    volume: 'linux',
    plant: (s) => s.clear32(s.header(attributesAt), 0x100),
    finds: /^the volume is not marked as unmounted$/,
    fsck: false,
  },
  {
    what: 'a journal left behind in the header alone',
    volume: 'linux',
    plant: (s) => s.set32(s.header(12), 77),
    finds: /^it names block 77 for a journal, but the volume is not journaled$/,
    severity: 'remark',
    fsck: false,
  },
  {
    what: 'a wrong count of files',
    volume: 'linux',
    plant: (s) => s.add32(s.header(32), 1),
    finds: /^it counts \d+ files, and there are \d+$/,
    fsck: true,
  },
  {
    what: 'a wrong count of folders',
    volume: 'linux',
    plant: (s) => s.add32(s.header(36), -1),
    finds: /^it counts \d+ folders, and there are \d+$/,
    fsck: true,
  },
  {
    what: 'a volume that ends before its partition',
    volume: 'linux',
    plant: (s) => s.add32(s.header(44), -3),
    finds: /^it counts \d+ blocks of 4096 bytes, \d+ in all, and the volume has 8388608$/,
    fsck: true,
  },
  {
    what: 'a wrong count of free blocks',
    volume: 'linux',
    plant: (s) => s.add32(s.header(48), -1),
    finds: /^it counts \d+ free blocks, and the bitmap has \d+$/,
    fsck: true,
  },
  {
    what: 'a next allocation outside of the volume',
    volume: 'linux',
    plant: (s) => s.set32(s.header(52), 0xffffff),
    finds: /^the next allocation, block 16777215, is outside of the volume$/,
    fsck: true,
  },
  {
    what: 'a clump size of no whole blocks',
    volume: 'linux',
    plant: (s) => s.set32(s.header(60), 513),
    finds: /^the clump size of data forks, 513, is no multiple/,
    fsck: true,
  },
  {
    what: 'a next catalog id that is in use',
    volume: 'linux',
    plant: (s) => s.set32(s.header(64), 20),
    finds: /its id is not below the next, 20$/,
    fsck: true,
  },
  {
    what: 'a next catalog id that is reserved',
    volume: 'linux',
    plant: (s) => s.set32(s.header(64), 3),
    finds: /^the next catalog id 3 is reserved$/,
    fsck: true,
  },
  {
    what: 'a map of encodings without one in use',
    volume: 'linux',
    plant: (s) => {
      s.set32(s.header(76), 0);
      s.set32(s.field(s.named('pieces'), 80), 4);
    },
    finds: /^its map of text encodings lacks 4$/,
    fsck: true,
  },
  {
    what: 'a blessed folder that is not there',
    volume: 'linux',
    plant: (s) => s.set32(s.header(80), 9999),
    finds: /^the folder of the blessed system, 9999, does not exist$/,
    severity: 'remark',
    fsck: false,
  },
  // The alternate header.
  {
    what: 'an alternate header that is gone',
    volume: 'linux',
    plant: (s) => s.set16(s.alternate, 0),
    finds: /^the alternate header is missing$/,
    fsck: true,
  },
  {
    what: 'an alternate header of another size',
    volume: 'linux',
    plant: (s) => s.add32(s.alternate + 44, 1),
    finds: /^the alternate header's totalBlocks is \d+ instead of \d+$/,
    fsck: true,
  },
  {
    what: 'an alternate header that finds the catalog elsewhere',
    volume: 'linux',
    plant: (s) => s.add32(s.alternate + 288, 1),
    finds: /^the alternate header has another catalogFile$/,
    fsck: true,
  },
  {
    what: 'old counts in the alternate header',
    volume: 'linux',
    plant: (s) => s.set32(s.alternate + 32, 3),
    finds: /^the alternate header has an earlier .*fileCount/,
    severity: 'remark',
    fsck: false,
  },
  // The journal.
  {
    what: 'a journal that does not begin like one',
    volume: 'journaled',
    plant: (s) => s.set32(s.volume.journal?.offset ?? 0, 1),
    finds: /the journal does not begin with its signature/,
    fsck: false,
  },
  {
    what: 'a journal described where nothing is',
    volume: 'journaled',
    plant: (s) => s.set32(s.header(12), 0xfffff),
    finds: /invalid block of the journal's description: 1048575/,
    fsck: false,
  },
  {
    what: 'a journal header with another start than its checksum tells',
    volume: 'journaled',
    plant: (s) => s.add32((s.volume.journal?.offset ?? 0) + 8, 512),
    finds: /the journal's header has a wrong checksum/,
    fsck: true,
  },
];
