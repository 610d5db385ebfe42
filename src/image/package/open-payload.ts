import { FormatError } from '../../base/index.ts';
import { readCpio, type StreamedEntry } from '../../formats/cpio/index.ts';
import { isLzma, unlzma } from '../../formats/lzma/index.ts';
import { readPbzx } from '../../formats/pbzx/index.ts';
import { bunzip2, ByteReader, inflate, type ByteStream } from '../../formats/stream/index.ts';
import { unxz, xzMagic } from '../../formats/xz/index.ts';

/** What a payload is packed in. */
export type Packing = 'pbzx' | 'gzip' | 'bzip2' | 'xz' | 'lzma' | 'cpio';

/** How many bytes `packingOf` looks at. */
export const packingHead = 14;

/** Tells by the first bytes what a payload is; undefined when it is not one. */
export function packingOf(head: Uint8Array): Packing | undefined {
  const magic = Buffer.from(head).toString('latin1');
  if (magic.startsWith('pbzx')) return 'pbzx';
  if (magic.startsWith('\x1f\x8b')) return 'gzip';
  if (magic.startsWith('BZh')) return 'bzip2';
  if (magic.startsWith(xzMagic.toString('latin1'))) return 'xz';
  if (magic.startsWith('07070') || magic.startsWith('\xc7\x71') || magic.startsWith('\x71\xc7'))
    return 'cpio';
  return isLzma(head) ? 'lzma' : undefined;
}

/** The entries of a payload or of scripts: cpio, by itself or packed. */
export async function* openPayload(bytes: ByteStream, at: number): AsyncGenerator<StreamedEntry> {
  const reader = new ByteReader(bytes, 'pkg');
  const packing = packingOf(await reader.peek(packingHead));
  if (packing === undefined) {
    throw new FormatError('pkg', 'a payload that is neither cpio nor gzip, bzip2, pbzx, xz or LZMA', {
      offset: at,
    });
  }
  yield* readCpio(unpacked(reader, packing, at));
}

function unpacked(reader: ByteReader, packing: Packing, at: number): ByteStream {
  switch (packing) {
    case 'pbzx':
      return readPbzx(reader.rest(), at);
    case 'gzip':
      return inflate(reader.rest(), 'gzip', at);
    case 'bzip2':
      return bunzip2(reader.rest(), at);
    case 'xz':
      return unxz(reader.rest(), at);
    case 'lzma':
      return unlzma(reader.rest(), at);
    case 'cpio':
      return reader.rest();
  }
}
