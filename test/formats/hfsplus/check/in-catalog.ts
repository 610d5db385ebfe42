import { decompose } from '../../../../src/formats/hfsplus/name.ts';
import type { Entry } from '../../../../src/formats/hfsplus/index.ts';
import { plantedIn, type Planting } from './planting.ts';
import type { Surgeon } from './surgeon.ts';

/** Fields of a file's or folder's record. */
const field = {
  type: 0,
  flags: 2,
  valence: 4,
  id: 8,
  created: 12,
  mode: 42,
  special: 44,
  folders: 84,
  data: 88,
} as const;
/** Of a thread record. */
const thread = { parent: 4, name: 10 } as const;

const file = (s: Surgeon): Entry => s.named('with/colon');
const folder = (s: Surgeon): Entry => s.named('many');

const planted = plantedIn('linux');

export const inCatalog: readonly Planting[] = [
  planted(
    'a record of no known type',
    (s) => s.set16(s.field(file(s), field.type), 9),
    /^the record of "with\/colon" in folder 2 is of the unknown type 9$/,
  ),
  planted(
    'a thread record of the wrong type',
    (s) => s.set16(s.thread(file(s)), 3),
    /^the thread record of file \d+ is one of a folder$/,
  ),
  planted(
    'a thread record with another folder',
    (s) => s.set32(s.thread(file(s)) + thread.parent, folder(s).id),
    /^the thread record of file \d+ names \d+ as its folder instead of 2$/,
    false,
  ),
  planted(
    'a thread record with another name',
    (s) => s.set16(s.thread(file(s)) + thread.name, 0x57),
    /^the thread record of file \d+ has the name "With\/colon" instead of "with\/colon"$/,
    false,
  ),
  planted(
    'a folder’s thread record with another name',
    (s) => s.set16(s.thread(folder(s)) + thread.name, 0x4d),
    /^the thread record of folder \d+ has the name "Many" instead of "many"$/,
    false,
  ),
  planted(
    'a file without its thread record',
    (s) => s.set16(s.thread(file(s)), 9),
    /^file \d+ has no thread record$/,
  ),
  planted(
    'a file that denies its thread record',
    (s) => s.set16(s.field(file(s), field.flags), 0),
    /^file \d+: its flags deny that it has a thread record$/,
    false,
  ),
  planted(
    'a folder with a file’s flags',
    (s) => s.set16(s.field(folder(s), field.flags), 2),
    /^folder \d+: its flags 2 are of a file$/,
  ),
  planted(
    'two files with one id',
    (s) => s.set32(s.field(file(s), field.id), s.named('more-pieces').id),
    /^".*" and ".*" have the same id \d+$/,
    false,
  ),
  planted(
    'a file with a reserved id',
    (s) => s.set32(s.field(file(s), field.id), 12),
    /^file 12: its id is reserved$/,
  ),
  planted(
    'a wrong count of things in a folder',
    (s) => s.add32(s.field(folder(s), field.valence), 1),
    /^folder \d+ counts 401 things in it and has 400$/,
  ),
  planted(
    'a wrong count of things in the root',
    (s) => s.add32(s.field(s.volume.catalog.root, field.valence), -1),
    /^folder 2 counts \d+ things in it and has \d+$/,
  ),
  planted(
    'a folder that counts folders though its volume does not',
    (s) => s.set16(s.field(folder(s), field.flags), 0x10),
    /^folder \d+ counts the folders in it, which only HFSX does$/,
    false,
    'remark',
  ),
  planted(
    'a wrong count of folders in a folder',
    (s) => {
      s.set16(s.field(folder(s), field.flags), 0x10);
      s.set32(s.field(folder(s), field.folders), 7);
    },
    /^folder \d+ counts 7 folders in it and has 0$/,
    false,
  ),
  planted(
    'a name with what separates names',
    (s) => rename(s, 'with:colon'),
    /^file \d+: its name has a ":"$/,
    false,
  ),
  planted(
    'a folder’s mode on a file',
    (s) => s.set16(s.field(file(s), field.mode), 0o040755),
    /^file \d+: its mode 40755 is not that of a file$/,
  ),
  planted(
    'a file’s mode on a folder',
    (s) => s.set16(s.field(folder(s), field.mode), 0o100644),
    /^folder \d+: its mode 100644 is not that of a folder$/,
  ),
  planted(
    'a symbolic link to nothing',
    (s) => s.set16(s.field(s.named('pipe'), field.mode), 0o120755),
    /^file \d+: invalid symbolic link: target of 0 bytes$/,
    false,
  ),
  planted(
    'a device with data',
    (s) => s.set16(s.field(file(s), field.mode), 0o020644),
    /^file \d+: a device or pipe has data$/,
    false,
  ),
  planted(
    'a file that was never made',
    (s) => s.set32(s.field(file(s), field.created), 0),
    /^file \d+: it has no date of its creation or change$/,
    false,
    'remark',
  ),
  planted(
    'a name that is not decomposed',
    (s) => {
      // U+0075 U+0308, as it is stored, becomes U+00FC and a unit more at the end; nothing sorts between.
      const stored = decompose('grünes Gemüse');
      rename(s, `gr\u00fcnes Gemu\u0308se!`, stored);
    },
    /^file \d+: its name is not decomposed$/,
    false,
  ),
  planted(
    'a root that is not below its parent',
    (s) => s.set32(s.key(s.volume.catalog.root), 3),
    /^there is no root folder$/,
  ),
  planted(
    'a circle of folders',
    (s) => {
      const [b, c] = ['b', 'c'].map((name) =>
        s.entry((entry) => entry.name === name && entry.kind === 'folder'),
      ) as [Entry, Entry];
      // Each is in the other: their ids are exchanged for those of their folders.
      s.set32(s.key(b), c.id);
      s.set32(s.thread(b) + thread.parent, c.id);
    },
    /^folder \d+ is in a circle of folders$/,
  ),
  planted(
    'a file in a folder that is not there',
    (s) => {
      const lastFile = s.named('file');
      s.set32(s.key(lastFile), 0xfffffff0);
    },
    /^file \d+ is in folder 4294967280, which does not exist$/,
  ),
];

/** Gives a file another name of as many units, in its key and its thread. */
function rename(s: Surgeon, name: string, stored = file(s).name): void {
  const entry = s.named(stored);
  if (name.length !== stored.length) throw new RangeError('another length');
  const units = Buffer.from(name, 'utf16le').swap16();
  units.copy(s.bytes, s.key(entry) + 6);
  units.copy(s.bytes, s.thread(entry) + thread.name);
}
