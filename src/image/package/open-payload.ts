import { FormatError } from '../../base/index.ts';
import { readCpio, type StreamedEntry } from '../../formats/cpio/index.ts';
import { readPbzx } from '../../formats/pbzx/index.ts';
import { bunzip2, ByteReader, inflate, type ByteStream } from '../../formats/stream/index.ts';

/** The entries of a payload or of scripts: cpio, plain or in gzip, bzip2 or pbzx. */
export async function* openPayload(bytes: ByteStream, at: number): AsyncGenerator<StreamedEntry> {
  const reader = new ByteReader(bytes, 'pkg');
  const magic = Buffer.from(await reader.peek(6)).toString('latin1');
  yield* readCpio(decoded(reader, magic, at));
}

function decoded(reader: ByteReader, magic: string, at: number): ByteStream {
  if (magic.startsWith('pbzx')) return readPbzx(reader.rest(), at);
  if (magic.startsWith('\x1f\x8b')) return inflate(reader.rest(), 'gzip', at);
  if (magic.startsWith('BZh')) return bunzip2(reader.rest(), at);
  if (magic.startsWith('07070') || magic.startsWith('\xc7\x71') || magic.startsWith('\x71\xc7')) {
    return reader.rest();
  }
  throw new FormatError('pkg', 'a payload that is neither cpio nor gzip, bzip2 or pbzx', { offset: at });
}
