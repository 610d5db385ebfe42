import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { checkArchive, pinnedSource } from './images.ts';

/** The reference encoder's source, as Debian has it. */
export const lzfseSource = pinnedSource('lzfse');

/** Compiles the encoder; its makefile asks for more than there is in these files. */
export async function buildLzfse(archive: string, folder: string): Promise<void> {
  await checkArchive(lzfseSource, archive);
  const source = join(folder, 'source');
  execFileSync('mkdir', [source]);
  execFileSync('tar', ['-xf', archive, '-C', source, '--strip-components=1']);
  const files = readdirSync(join(source, 'src')).filter((name) => name.endsWith('.c'));
  execFileSync(
    'gcc',
    ['-O2', '-w', '-std=c99', '-o', join(folder, 'lzfse'), ...files.map((name) => join(source, 'src', name))],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  rmSync(source, { recursive: true });
}

/** What the reference encoder makes of bytes, or its decoder of a stream. */
export function referenceLzfse(data: Uint8Array, what: 'encode' | 'decode' = 'encode'): Buffer {
  return execFileSync(cached('lzfse/lzfse'), [`-${what}`], { input: data, maxBuffer: 2 ** 28 });
}
