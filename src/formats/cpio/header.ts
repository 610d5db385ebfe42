import { FormatError } from '../../base/index.ts';
import type { ByteReader } from '../stream/index.ts';

/** odc: POSIX's octal one, which Apple's payloads are; newc and crc: SVR4's hexadecimal ones; bin: the oldest, of 16-bit words. */
export type CpioFormat = 'odc' | 'newc' | 'crc' | 'bin';

/** The numbers of a header (libarchive's cpio(5)). */
export interface CpioHeader {
  readonly format: CpioFormat;
  /** Device and file serial number: what hard links have in common. */
  readonly device: string;
  readonly serial: number;
  /** Kind and permissions, as stat(2) has them. */
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
  readonly links: number;
  /** Seconds since 1970. */
  readonly time: number;
  /** With the NUL behind it. */
  readonly nameSize: number;
  readonly size: number;
  /** The sum of the content's bytes; of crc only. */
  readonly sum: number | undefined;
  /** What header with name, and content, are padded to. */
  readonly align: 1 | 2 | 4;
  /** Of the header, in bytes. */
  readonly length: number;
}

const octalWidths = [6, 6, 6, 6, 6, 6, 6, 11, 6, 11];
const hexLength = 6 + 13 * 8;
const octalLength = 6 + octalWidths.reduce((sum, width) => sum + width);
const wordsLength = 26;

export async function readHeader(reader: ByteReader): Promise<CpioHeader> {
  const at = reader.position;
  const magic = await reader.peek(6);
  const [first, second] = magic;
  if ((first === 0xc7 && second === 0x71) || (first === 0x71 && second === 0xc7)) {
    return wordsHeader(await reader.exactly(wordsLength), first === 0xc7);
  }
  const text = Buffer.from(magic).toString('latin1');
  switch (text) {
    case '070707':
      return octalHeader(await reader.exactly(octalLength), at);
    case '070701':
    case '070702':
      return hexHeader(await reader.exactly(hexLength), text === '070702' ? 'crc' : 'newc', at);
    default:
      throw new FormatError('cpio', 'other data is in place of the header of an entry', { offset: at });
  }
}

function octalHeader(data: Uint8Array, at: number): CpioHeader {
  const [device, serial, mode, owner, group, links, , time, nameSize, size] = numbers(
    data,
    octalWidths,
    8,
    at,
  );
  return {
    format: 'odc',
    align: 1,
    length: octalLength,
    sum: undefined,
    device: String(device),
    serial,
    mode,
    owner,
    group,
    links,
    time,
    nameSize,
    size,
  };
}

function hexHeader(data: Uint8Array, format: 'newc' | 'crc', at: number): CpioHeader {
  const [serial, mode, owner, group, links, time, size, major, minor, , , nameSize, sum] = numbers(
    data,
    Array<number>(13).fill(8),
    16,
    at,
  );
  return {
    format,
    align: 4,
    length: hexLength,
    sum: format === 'crc' ? sum : undefined,
    device: `${major}:${minor}`,
    serial,
    mode,
    owner,
    group,
    links,
    time,
    nameSize,
    size,
  };
}

function wordsHeader(data: Uint8Array, little: boolean): CpioHeader {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const word = (index: number): number => view.getUint16(index * 2, little);
  // Numbers of 32 bits have their upper half first, whatever the order of bytes in a half.
  const long = (index: number): number => word(index) * 65536 + word(index + 1);
  return {
    format: 'bin',
    align: 2,
    length: wordsLength,
    sum: undefined,
    device: String(word(1)),
    serial: word(2),
    mode: word(3),
    owner: word(4),
    group: word(5),
    links: word(6),
    time: long(8),
    nameSize: word(10),
    size: long(11),
  };
}

type Numbers = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** The fields behind the magic number; those that are not there are 0. */
function numbers(data: Uint8Array, widths: readonly number[], base: 8 | 16, at: number): Numbers {
  const text = Buffer.from(data).toString('latin1');
  const digits = base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/;
  let position = 6;
  const fields = widths.map((width) => {
    const field = text.slice(position, position + width);
    if (!digits.test(field)) {
      throw new FormatError('cpio', `a field is not a number in base ${base}`, { offset: at + position });
    }
    position += width;
    return parseInt(field, base);
  });
  return [...fields, ...Array<number>(13 - fields.length).fill(0)] as unknown as Numbers;
}
