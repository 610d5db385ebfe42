import { plantedIn, type Planting } from './planting.ts';
import type { Surgeon } from './surgeon.ts';

const compression = 'com.apple.decmpfs';

/** The record of the attribute for compressed data of one type. */
function record(s: Surgeon, type: number): { key: number; data: number; id: number } {
  const found = s.records('attributes').find(({ bytes, keyBytes }) => {
    const name = Buffer.from(keyBytes.subarray(12)).swap16().toString('utf16le');
    return name === compression && bytes.length >= 24 && bytes.readUInt32LE(20) === type;
  });
  if (found === undefined) throw new Error(`no file is compressed by type ${type}`);
  return { key: found.key, data: found.data, id: found.keyBytes.readUInt32BE(2) };
}

const owner = (s: Surgeon, type: number, offset: number): number =>
  s.field(
    s.entry(({ id }) => id === record(s, type).id),
    offset,
  );

const planted = plantedIn('compressed');

export const inAttributes: readonly Planting[] = [
  planted(
    'an attribute of nobody',
    (s) => s.set32((s.records('attributes').at(-1)?.key ?? 0) + 2, 77_777),
    /^the attribute ".*" of 77777 has no file or folder$/,
  ),
  planted(
    'an attribute larger than its record',
    (s) => s.set32((s.records('attributes')[0]?.data ?? 0) + 12, 99_999),
    /^the attribute ".*" of \d+ has 99999 bytes, and its record \d+$/,
  ),
  planted(
    'an attribute of no known type',
    (s) => s.set32(s.records('attributes')[0]?.data ?? 0, 0x99),
    /^the attribute ".*" of \d+ is of the type 153 with \d+ bytes$/,
  ),
  planted(
    'extents of no attribute',
    (s) => s.set32(s.records('attributes')[0]?.data ?? 0, 0x30),
    /^the attribute ".*" of \d+ has extents of \d+ bytes$/,
  ),
  planted(
    'a file that denies its attributes',
    (s) => s.set16(owner(s, 3, 2), s.u16(owner(s, 3, 2)) & ~4),
    /^file \d+ has attributes, but its flags say that it is not there$/,
  ),
  planted(
    'a file that tells of an access control list and has none',
    (s) => s.set16(owner(s, 3, 2), s.u16(owner(s, 3, 2)) | 8),
    /^file \d+ has no access control list, but its flags say that it has one$/,
  ),
  planted(
    'compressed data without their mark',
    (s) => s.set32(record(s, 3).data + 16, 0),
    /^file \d+: compressed file: its attribute does not begin with "fpmc"/,
    false,
  ),
  planted(
    'compressed data that do not decode',
    (s) => s.set32(record(s, 3).data + 40, 0xdeadbeef),
    /^file \d+: a compressed block does not decode/,
    false,
  ),
  planted(
    'compressed data of fewer bytes than announced',
    (s) => s.bytes.writeUInt32LE(4_000, record(s, 1).data + 24),
    /^file \d+: a compressed block has \d+ bytes instead of 4000/,
    false,
  ),
  planted(
    'blocks of compressed data outside of the resource fork',
    (s) => s.bytes.writeUInt32LE(2 ** 30, record(s, 12).data + 24),
    /^file \d+: compressed file: its table of 16384 blocks is not in the resource fork/,
    false,
  ),
  planted(
    'a compressed file that says it is none',
    (s) => s.set8(owner(s, 3, 41), 0),
    /^file \d+ has an attribute for compressed data, but is not flagged as compressed$/,
    false,
    'remark',
  ),
  {
    what: 'a file with attributes it has not',
    volume: 'linux',
    plant: (s) => s.set16(s.field(s.named('with/colon'), 2), 6),
    finds: /^file \d+ has no attributes, but its flags say that it has some$/,
    fsck: true,
  },
  {
    what: 'a compressed file without its attribute',
    volume: 'linux',
    plant: (s) =>
      s.set8(
        s.field(
          s.entry(({ name }) => name.startsWith('file with')),
          41,
        ),
        0x20,
      ),
    finds: /^file \d+ is flagged as compressed and has no attribute for it$/,
    fsck: false,
  },
];
