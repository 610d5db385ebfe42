const powers = new Map([
  ['', 0],
  ['B', 0],
  ['K', 1],
  ['M', 2],
  ['G', 3],
  ['T', 4],
  ['P', 5],
]);

/**
 * Bytes of a size as qemu-img reads it: digits, perhaps a fraction, and a suffix K, M, G, T or P in either case, powers of 1024.
 * @returns undefined when the text is no size, or none that is a whole number of bytes below 2^53
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,16})(?:\.(\d{1,6}))?([BKMGTP]?)$/i.exec(text);
  if (match === null) return undefined;
  const power = powers.get((match[3] ?? '').toUpperCase()) ?? 0;
  const bytes = Number(`${match[1] ?? ''}.${match[2] ?? '0'}`) * 1024 ** power;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
