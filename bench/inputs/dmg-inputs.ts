import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, type ChunkKind } from '../../src/formats/udif/index.ts';
import type { ChunkStore } from '../../src/image/create/chunk-store.ts';
import { createFrom } from '../../src/image/create/create-dmg.ts';
import { chunkStore } from '../../src/image/create/chunk-store.ts';
import { createDmg } from '../../src/image/index.ts';
import { cached, makeCached } from '../../test/rig/judges/cache.ts';
import { openDebianMirror } from '../../test/rig/judges/debian.ts';
import { buildLzfse, lzfseSource } from '../../test/rig/judges/lzfse.ts';
import { encodeLzfse } from '../../test/rig/images/lzfse-encoder.ts';
import { contentDisk } from './disk-content.ts';

/** Kinds of compressed chunk that real images have. */
export const dmgKinds = ['zlib', 'bzip2', 'lzma', 'lzfse'] as const;
export type DmgKind = (typeof dmgKinds)[number];

const mebibyte = 2 ** 20;

/**
 * Makes an image with chunks of a kind, once: it is kept in the folder.
 * @param size of the disk, in MiB, of which two thirds are used
 */
export async function dmgInput(folder: string, kind: DmgKind, size: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${kind}-${size}.dmg`);
  if (existsSync(path)) return path;
  const disk = contentDisk(size * mebibyte, Math.floor((size * 2) / 3) * mebibyte);
  console.error(`making ${path}`);
  if (kind === 'zlib') await createDmg(disk, path, { level: 6 });
  else await createFrom(disk, path, () => encoderStore(kind, (data) => encode(kind, data)), {});
  return path;
}

/**
 * What makes chunks as hdiutil does: zlib at level 9, LZFSE by the reference encoder, which is made from Debian's source.
 * @param size of the disk, in bytes
 */
export async function storeBy(kind: DmgKind, size: number): Promise<ChunkStore> {
  if (kind === 'zlib') return chunkStore(size, { level: 9 });
  if (kind !== 'lzfse') return encoderStore(kind, (data) => encode(kind, data));
  await makeCached('lzfse', async (folder) => {
    const mirror = await openDebianMirror();
    await mirror
      .sourceArchive(lzfseSource)
      .then((archive) => buildLzfse(archive, folder))
      .finally(() => mirror.close());
  });
  return encoderStore(kind, (data) => filter(cached('lzfse/lzfse'), ['-encode'], data));
}

function encoderStore(
  kind: Exclude<DmgKind, 'zlib'>,
  encoder: (data: Uint8Array) => Promise<Uint8Array>,
): ChunkStore {
  return {
    ahead: 2,
    store: async (data) => {
      const encoded = await encoder(data);
      const stored: ChunkKind = encoded.length < data.length ? kind : 'raw';
      const bytes = new Uint8Array(stored === 'raw' ? data : encoded);
      return { kind: stored, bytes, crc32: crc32(data), storedCrc32: crc32(bytes) };
    },
    close: () => Promise.resolve(),
  };
}

async function encode(kind: Exclude<DmgKind, 'zlib'>, data: Uint8Array): Promise<Uint8Array> {
  switch (kind) {
    case 'bzip2':
      return filter('bzip2', ['-c'], data);
    case 'lzma':
      return filter('xz', ['-c', '-4', '--check=none', '-T1'], data);
    case 'lzfse':
      return encodeLzfse(data);
  }
}

async function filter(program: string, args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => output.push(data));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return Buffer.concat(output);
}
