import { spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { ByteSource } from '../base/index.ts';
import { memorySource } from '../formats/source/index.ts';

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

function throughProgram(program: string, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largestUnpacked) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`${program} ended with ${code}`)),
    );
    child.stdin.end(bytes);
  });
}
