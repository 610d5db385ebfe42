/** A value of fixed size inside a structure: how to take it out of bytes and how to put it in. */
export interface Field<T> {
  /** In bytes. */
  readonly size: number;
  /** The caller has checked that `offset + size` lies inside the view. */
  read(view: DataView, offset: number): T;
  write(view: DataView, offset: number, value: T): void;
}

export const u8: Field<number> = {
  size: 1,
  read: (view, offset) => view.getUint8(offset),
  write: (view, offset, value) => view.setUint8(offset, value),
};

/** Big-endian unless the name says otherwise, as nearly all of Apple's on-disk formats are. */
export const u16 = unsigned16(false);
export const u32 = unsigned32(false);
/** A size or offset stays a bigint until it has been checked against what it lies in. */
export const u64 = unsigned64(false);

export const i32le: Field<number> = {
  size: 4,
  read: (view, offset) => view.getInt32(offset, true),
  write: (view, offset, value) => view.setInt32(offset, value, true),
};
export const u16le = unsigned16(true);
export const u32le = unsigned32(true);
export const u64le = unsigned64(true);

/** Bytes as they are, copied. */
export function bytes(size: number): Field<Uint8Array> {
  return {
    size,
    read: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, size).slice(),
    write: (view, offset, value) => {
      if (value.length !== size) throw new RangeError(`${value.length} bytes in a field of ${size}`);
      new Uint8Array(view.buffer, view.byteOffset + offset, size).set(value);
    },
  };
}

/** Latin-1 text padded with NULs; reading ends at the first NUL. */
export function text(size: number): Field<string> {
  return {
    size,
    read: (view, offset) => {
      const raw = Buffer.from(view.buffer, view.byteOffset + offset, size);
      const end = raw.indexOf(0);
      return raw.toString('latin1', 0, end < 0 ? size : end);
    },
    write: (view, offset, value) => {
      const raw = Buffer.from(value, 'latin1');
      if (raw.length > size) throw new RangeError(`"${value}" in a field of ${size} bytes`);
      Buffer.from(view.buffer, view.byteOffset + offset, size)
        .fill(0)
        .set(raw);
    },
  };
}

/** `count` fields of one kind, one after another. */
export function array<T>(field: Field<T>, count: number): Field<readonly T[]> {
  return {
    size: field.size * count,
    read: (view, offset) =>
      Array.from({ length: count }, (_, index) => field.read(view, offset + index * field.size)),
    write: (view, offset, values) => {
      if (values.length !== count) throw new RangeError(`${values.length} items in a field of ${count}`);
      values.forEach((value, index) => field.write(view, offset + index * field.size, value));
    },
  };
}

function unsigned16(little: boolean): Field<number> {
  return {
    size: 2,
    read: (view, offset) => view.getUint16(offset, little),
    write: (view, offset, value) => view.setUint16(offset, value, little),
  };
}

function unsigned32(little: boolean): Field<number> {
  return {
    size: 4,
    read: (view, offset) => view.getUint32(offset, little),
    write: (view, offset, value) => view.setUint32(offset, value, little),
  };
}

function unsigned64(little: boolean): Field<bigint> {
  return {
    size: 8,
    read: (view, offset) => view.getBigUint64(offset, little),
    write: (view, offset, value) => view.setBigUint64(offset, value, little),
  };
}
