import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { ByteSource } from '../base/index.ts';
import { memorySource } from '../formats/source/index.ts';
import { runForBytes } from '../host/programs/program.ts';

export type Packing = 'deflate' | 'xz' | 'zstd' | 'bzip2';

const magics: readonly (readonly [Packing, readonly number[]])[] = [
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

/** In bytes; what is larger is compared as it is. */
const largestPacked = 256 << 20;
const largestUnpacked = 1 << 30;

/** How a whole file is compressed, gzip aside, which has parts. */
export async function packingOf(source: ByteSource): Promise<Packing | undefined> {
  const head = await source.read(0, Math.min(8, source.size));
  return magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0];
}

/** What compressed bytes hold; undefined when they are damaged, too large, or the program is not there. */
export async function unpacked(source: ByteSource, packing: Packing): Promise<ByteSource | undefined> {
  if (source.size > largestPacked) return undefined;
  const bytes = await source.read(0, source.size);
  try {
    const data =
      packing === 'deflate'
        ? await promisify(inflateRaw)(bytes, { maxOutputLength: largestUnpacked })
        : await throughProgram(packing, bytes);
    return memorySource(data);
  } catch {
    return undefined;
  }
}

async function throughProgram(program: string, input: Uint8Array): Promise<Buffer> {
  const { exitCode, stdout } = await runForBytes(program, ['-dc'], { input, limit: largestUnpacked });
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}`);
  return stdout;
}
