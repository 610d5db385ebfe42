import type { Entry } from '../../../../src/formats/hfsplus/index.ts';
import { plantedIn, type Planting } from './planting.ts';
import type { Surgeon } from './surgeon.ts';

const field = { flags: 2, first: 4, created: 12, previous: 32, next: 36, special: 44 } as const;

const isLink = (entry: Entry): boolean =>
  entry.kind === 'file' && entry.record.toString('latin1', 48, 56) === 'hlnkhfs+';
const link = (s: Surgeon): Entry => s.entry(isLink);
const target = (s: Surgeon): Entry => s.entry(({ name }) => name.startsWith('iNode'));

const planted = plantedIn('hard links');

export const inLinks: readonly Planting[] = [
  planted(
    'a file that counts more links than it has',
    (s) => s.add32(s.field(target(s), field.special), 1),
    /^file \d+ behind hard links counts 3 links and has 2$/,
  ),
  planted(
    'a hard link to nothing',
    (s) => s.set32(s.field(link(s), field.special), 4711),
    /^the hard link \d+ leads to iNode4711, which does not exist$/,
  ),
  planted(
    'a chain of links that begins elsewhere',
    (s) => s.set32(s.field(target(s), field.first), 20),
    /^file \d+ behind hard links has 20 in its chain of links, which is not one of them or appears twice$/,
  ),
  planted(
    'a link that names another before it',
    (s) => s.add32(s.field(link(s), field.previous), 7),
    /^file \d+ behind hard links has the link \d+, which names \d+ as the one before it instead of \d+$/,
  ),
  planted(
    'a chain of links that makes a circle',
    (s) =>
      s.set32(
        s.field(
          s.entry((entry) => isLink(entry) && s.u32(s.field(entry, field.next)) === 0),
          field.next,
        ),
        s.u32(s.field(target(s), field.first)),
      ),
    /has \d+ in its chain of links, which is not one of them or appears twice$/,
  ),
  planted(
    'a chain of links that ends too early',
    (s) =>
      s.set32(
        s.field(
          s.entry((entry) => isLink(entry) && s.u32(s.field(entry, field.previous)) === 0),
          field.next,
        ),
        0,
      ),
    /^file \d+ behind hard links has the link \d+, which is not in its chain$/,
  ),
  planted(
    'a hard link with a date of its own',
    (s) => s.add32(s.field(link(s), field.created), 5),
    /^the hard link \d+ was not made with the volume/,
  ),
  planted(
    'a file in no chain that says it is in one',
    (s) =>
      s.set16(
        s.field(
          s.entry((entry) => entry.kind === 'file' && !isLink(entry) && !entry.name.startsWith('iNode')),
          field.flags,
        ),
        0x22,
      ),
    /^file \d+ is flagged as part of a chain of hard links, but is in none$/,
  ),
  planted(
    'a lone file that counts links',
    (s) =>
      s.set32(
        s.field(
          s.entry(
            (entry) =>
              entry.kind === 'file' &&
              !isLink(entry) &&
              !entry.name.startsWith('iNode') &&
              s.u32(s.field(entry, field.special)) === 1,
          ),
          field.special,
        ),
        2,
      ),
    /^file \d+ counts 2 links and has one$/,
  ),
];
