import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Failure } from '../../base/index.ts';
import { checkFrame } from './frame.ts';

/** Of zstd; what it takes and saves is measured in bench/README.md. */
const level = 3;

interface Codec {
  readonly compress: (bytes: Buffer) => Promise<Buffer>;
  readonly decompress: (frame: Buffer, size: number) => Promise<Buffer>;
}

/** Node's own from 22.15 on; the types are those of 20. */
interface ZlibWithZstd {
  readonly zstdCompress?: ZlibCall;
  readonly zstdDecompress?: ZlibCall;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}
type ZlibCall = (bytes: Buffer, options: object, done: (error: Error | null, result: Buffer) => void) => void;

let codec: Promise<Codec> | undefined;

/** Compresses bytes into one frame. */
export async function compress(bytes: Buffer): Promise<Buffer> {
  codec ??= findCodec();
  return (await codec).compress(bytes);
}

/**
 * Expands one frame.
 * @param size of what must come out, in bytes, at most 1 MiB or so
 * @throws Failure 'registry-answer' when it is no frame, or holds another number of bytes
 */
export async function expand(frame: Buffer, size: number): Promise<Buffer> {
  codec ??= findCodec();
  const { decompress } = await codec;
  checkFrame(frame, size);
  const bytes = await decompress(frame, size).catch(() => undefined);
  if (bytes?.length === size) return bytes;
  throw new Failure('registry-answer', `a frame of ${frame.length} bytes does not expand to ${size}`);
}

async function findCodec(): Promise<Codec> {
  const { zstdCompress, zstdDecompress, constants } = zlib as unknown as ZlibWithZstd;
  if (zstdCompress !== undefined && zstdDecompress !== undefined) {
    const [pack, unpack] = [promisify(zstdCompress), promisify(zstdDecompress)];
    const params = { [constants.ZSTD_c_compressionLevel ?? 100]: level };
    return {
      compress: (bytes) => pack(bytes, { params }),
      decompress: (frame, size) => unpack(frame, { maxOutputLength: size }),
    };
  }
  try {
    const { Decoder, Encoder } = await import('@toondepauw/node-zstd');
    const [encoder, decoder] = [new Encoder(level), new Decoder()];
    return { compress: (bytes) => encoder.encode(bytes), decompress: (frame) => decoder.decode(frame) };
  } catch (cause) {
    throw new Failure('no-zstd', 'there is no zstd for this Node and this system', {
      hint: 'Use Node 22.15 or newer, which has its own.',
      cause,
    });
  }
}
