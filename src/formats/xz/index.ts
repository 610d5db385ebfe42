import type { ByteStream } from '../stream/index.ts';

/** How every .xz file begins. */
export const xzMagic = Buffer.from('\xfd7zXZ\0', 'latin1');

/** As decode.ts says. Few images have any of it, and its decoder, a program of its own, takes long to load. */
export async function decodeXz(input: Uint8Array, size: number, at = 0): Promise<Uint8Array> {
  const xz = await import('./decode.ts');
  return xz.decodeXz(input, size, at);
}

/** As unxz.ts says. */
export async function* unxz(bytes: ByteStream, at: number): AsyncGenerator<Uint8Array> {
  const xz = await import('./unxz.ts');
  yield* xz.unxz(bytes, at);
}
