import { FormatError } from '../../base/index.ts';
import type { Struct } from '../struct/index.ts';

/** The bytes of an object, and what is needed to say where something is wrong. */
export interface ObjectFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where the object begins in the file that holds it. */
  readonly at: number;
}

/** A structure at an offset of the object. @throws FormatError when it is truncated */
export function part<T extends object>(file: ObjectFile, layout: Struct<T>, offset: number): T {
  if (offset + layout.size > file.bytes.length) bad(file, `${layout.name} is truncated`, offset);
  return layout.decode(file.bytes, offset);
}

/** Bytes of the object that a structure at `from` points to. @throws FormatError when they leave the object */
export function range(
  file: ObjectFile,
  offset: number,
  length: number,
  what: string,
  from: number,
): Uint8Array {
  if (offset + length > file.bytes.length) {
    const there = file.bytes.length;
    bad(file, `${what}, ${length} bytes at ${offset}, do not fit into the object's ${there}`, from);
  }
  return file.bytes.subarray(offset, offset + length);
}

/** @param offset in the object */
export function bad(file: ObjectFile, message: string, offset: number): never {
  throw new FormatError('macho', `${file.name}: ${message}`, { offset: file.at + offset });
}
