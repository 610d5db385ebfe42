import type { Entry } from '../../../../src/formats/hfsplus/index.ts';
import { plantedIn, type Planting } from './planting.ts';
import type { Surgeon } from './surgeon.ts';

const field = { flags: 2, previous: 32, next: 36, special: 44 } as const;
const flag = { chain: 0x20, child: 0x40 } as const;

const links = (s: Surgeon): Entry[] =>
  [...s.volume.catalog.entries.values()].filter((entry) => entry.kind === 'file' && entry.name === 'linked');
const link = (s: Surgeon): Entry => links(s)[0] as Entry;
const target = (s: Surgeon): Entry => s.entry(({ name }) => name.startsWith('dir_'));
const planted = plantedIn('folder links');

/** Moves a hard link into another folder, all but the order of the tree. */
function move(s: Surgeon, entry: Entry, folder: number): void {
  s.set32(s.key(entry), folder);
  s.set32(s.thread(entry) + 4, folder);
}

export const inFolderLinks: readonly Planting[] = [
  planted(
    'a folder that counts more links than it has',
    (s) => s.add32(s.field(target(s), field.special), 1),
    /^folder \d+ behind hard links counts 3 links and has 2$/,
  ),
  planted(
    'a folder’s hard link to nothing',
    (s) => s.set32(s.field(link(s), field.special), 4711),
    /^the hard link \d+ leads to dir_4711, which does not exist$/,
  ),
  planted(
    'a folder’s first link that is none',
    (s) => {
      const first = s.records('attributes').find(({ keyBytes }) => keyBytes.readUInt32BE(2) === target(s).id);
      // The attribute has the id in decimal digits.
      s.set8((first?.data ?? 0) + 16, 0x39);
    },
    /^folder \d+ behind hard links has \d+ in its chain of links, which is not one of them or appears twice$/,
  ),
  planted(
    'a link to a folder that names another before it',
    (s) => s.add32(s.field(links(s).at(-1) as Entry, field.previous), 1),
    /^folder \d+ behind hard links has the link \d+, which names \d+ as the one before it instead of \d+$/,
  ),
  planted(
    'a folder that denies the hard link in it',
    (s) =>
      s.set16(s.field(s.named('a'), field.flags), s.u16(s.field(s.named('a'), field.flags)) & ~flag.child),
    /^folder \d+ has a folder's hard link in it, but its flags say that it is not there$/,
  ),
  planted(
    'a hard link that makes a circle of folders',
    (s) => move(s, link(s), target(s).id),
    /^the hard link \d+ makes a circle of folders$/,
  ),
];
