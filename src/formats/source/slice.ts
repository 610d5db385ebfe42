import { FormatError, type ByteSource } from '../../base/index.ts';

/** A range of a source as a source of its own. @throws FormatError when it leaves the source */
export function slice(source: ByteSource, offset: number, size: number): ByteSource {
  checkRange(source, offset, size);
  return {
    size,
    async read(at, length) {
      checkRange({ size }, at, length);
      return source.read(offset + at, length);
    },
    ...(source.place !== undefined && { place: (at, length) => source.place?.(offset + at, length) }),
  };
}

/** @throws FormatError when [offset, offset + length) leaves the source */
export function checkRange(source: { readonly size: number }, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && Number.isSafeInteger(offset) && offset + length <= source.size) return;
  throw new FormatError('byte-source', `${length} bytes were asked for where ${source.size} end`, { offset });
}
