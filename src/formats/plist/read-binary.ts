import { FormatError } from '../../base/index.ts';
import type { PlistValue } from './value.ts';

/* A binary property list, "bplist00": objects, a table of where they begin, and a trailer of 32 bytes. Big-endian. */

export const binaryPlistMagic = 'bplist00';
const trailerSize = 32;
const deepest = 64;
/** Objects may be shared, so that a small list could stand for a huge one. */
const mostValues = 2 ** 20;
/** Seconds from 1970 to 2001, from which dates count. */
const dateEpoch = 978_307_200;

/**
 * Reads a binary property list: the kinds that an XML one has.
 * @param at where it begins in the file, for errors
 */
export function readBinaryPlist(data: Uint8Array, at = 0): PlistValue {
  const view = Buffer.from(data.buffer, data.byteOffset, data.length);
  const fail = (message: string, offset: number): never => {
    throw new FormatError('plist', `binary: ${message}`, { offset: at + offset });
  };
  if (view.length < binaryPlistMagic.length + trailerSize) return fail('it is truncated', view.length);
  const trailer = view.length - trailerSize;
  const [offsetSize = 0, referenceSize = 0] = view.subarray(trailer + 6, trailer + 8);
  const [count, top, table] = [8, 16, 24].map((field) => Number(view.readBigUInt64BE(trailer + field))) as [
    number,
    number,
    number,
  ];
  const sizes = offsetSize >= 1 && offsetSize <= 8 && referenceSize >= 1 && referenceSize <= 8;
  if (!sizes || top >= count || table < binaryPlistMagic.length || !(table + count * offsetSize <= trailer))
    return fail('its trailer does not match its contents', trailer);

  const number = (offset: number, size: number): number => {
    if (size > 6) {
      const high = view.readUIntBE(offset, size - 6);
      return high * 2 ** 48 + view.readUIntBE(offset + size - 6, 6);
    }
    return view.readUIntBE(offset, size);
  };
  let values = 0;

  const read = (index: number, depth: number): PlistValue => {
    if (index >= count) return fail(`object ${index} of ${count}`, table);
    const start = number(table + index * offsetSize, offsetSize);
    if (start < binaryPlistMagic.length || start >= table)
      return fail(`object ${index} lies outside of the data`, table);
    if (depth > deepest) return fail(`nests deeper than ${deepest} elements`, start);
    if (++values > mostValues) return fail(`has more than ${mostValues} values`, start);
    const [marker = 0] = view.subarray(start);
    const [kind, low] = [marker >> 4, marker & 15];
    const room = (length: number, from = start + 1): number => {
      if (from + length > table) fail(`object ${index} ends outside`, start);
      return from;
    };
    /** Length in the marker, or in an integer behind it. @returns it and where the content begins */
    const sized = (): readonly [length: number, from: number] => {
      if (low !== 15) return [low, start + 1];
      const size = 2 ** ((view[room(1)] ?? 0) & 15);
      if (((view[start + 1] ?? 0) & 0xf0) !== 0x10 || size > 8) fail(`object ${index} has no length`, start);
      return [number(room(size, start + 2), size), start + 2 + size];
    };
    switch (kind) {
      case 0:
        if (low === 8 || low === 9) return low === 9;
        return fail(`object ${index} is of kind ${marker}`, start);
      case 1: {
        const size = 2 ** low;
        if (size > 16) fail(`object ${index} is an integer of ${size} bytes`, start);
        const from = room(size);
        // Eight bytes are signed; sixteen are what does not fit into those.
        if (size >= 8) return Number(view.readBigInt64BE(from + size - 8));
        return number(from, size);
      }
      case 2:
        if (low === 2) return view.readFloatBE(room(4));
        if (low === 3) return view.readDoubleBE(room(8));
        return fail(`object ${index} is a real of ${2 ** low} bytes`, start);
      case 3: {
        const date = new Date((view.readDoubleBE(room(8)) + dateEpoch) * 1000);
        return Number.isNaN(date.getTime()) ? fail('has a date that is not a date', start) : date;
      }
      case 4: {
        const [length, from] = sized();
        return new Uint8Array(view.subarray(room(length, from), from + length));
      }
      case 5: {
        const [length, from] = sized();
        return view.toString('latin1', room(length, from), from + length);
      }
      case 6: {
        const [length, from] = sized();
        room(2 * length, from);
        return Buffer.from(view.subarray(from, from + 2 * length))
          .swap16()
          .toString('utf16le');
      }
      case 10: {
        const [length, from] = sized();
        room(length * referenceSize, from);
        const list: PlistValue[] = [];
        for (let i = 0; i < length; i++)
          list.push(read(number(from + i * referenceSize, referenceSize), depth + 1));
        return list;
      }
      case 13: {
        const [length, from] = sized();
        room(2 * length * referenceSize, from);
        const members = new Map<string, PlistValue>();
        for (let i = 0; i < length; i++) {
          const key = read(number(from + i * referenceSize, referenceSize), depth + 1);
          if (typeof key !== 'string') return fail('has a key that is no string', start);
          members.set(key, read(number(from + (length + i) * referenceSize, referenceSize), depth + 1));
        }
        return members;
      }
      default:
        return fail(`object ${index} is of kind ${marker}`, start);
    }
  };
  return read(top, 0);
}
