/** As decode.ts says. Few images have any of it, and its decoder, a program of its own, takes long to load. */
export async function decodeXz(input: Uint8Array, size: number, at = 0): Promise<Uint8Array> {
  const xz = await import('./decode.ts');
  return xz.decodeXz(input, size, at);
}
