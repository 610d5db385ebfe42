import { FormatError } from '../../base/index.ts';
import type { Field } from './field.ts';

/** A structure: a field itself, so that structures nest. One declaration gives the reader and the writer. */
export interface Struct<T> extends Field<T> {
  /** "format.structure", e.g. "udif.koly". */
  readonly name: string;
  /** @param at where `data` begins in the outermost file known: for the error. @throws FormatError when bytes are missing */
  decode(data: Uint8Array, offset?: number, at?: number): T;
  encode(value: T): Uint8Array;
}

/** What a structure's reader gives and its writer takes. */
export type Decoded<S> = S extends Field<infer T> ? T : never;

/** Declares a structure: its fields in order, without gaps. */
export function struct<T extends object>(
  name: string,
  layout: { readonly [K in keyof T]: Field<T[K]> },
): Struct<Readonly<T>> {
  const format = name.split('.')[0] ?? name;
  let size = 0;
  const fields = Object.entries<Field<unknown>>(layout).map(([key, field]) => {
    const offset = size;
    size += field.size;
    return { key, offset, field };
  });

  const read = (view: DataView, offset: number): T => {
    const value: Record<string, unknown> = {};
    for (const each of fields) value[each.key] = each.field.read(view, offset + each.offset);
    return value as T;
  };
  const write = (view: DataView, offset: number, value: T): void => {
    for (const each of fields) {
      each.field.write(view, offset + each.offset, (value as Record<string, unknown>)[each.key]);
    }
  };

  return {
    name,
    size,
    read,
    write,
    decode(data, offset = 0, at = 0) {
      if (offset < 0 || offset + size > data.length) {
        throw new FormatError(format, `${name} needs ${size} bytes and ${data.length - offset} are there`, {
          offset: at + offset,
        });
      }
      return read(new DataView(data.buffer, data.byteOffset, data.length), offset);
    },
    encode(value) {
      const data = new Uint8Array(size);
      write(new DataView(data.buffer), 0, value);
      return data;
    },
  };
}
