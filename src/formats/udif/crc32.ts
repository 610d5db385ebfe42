import { crc32 as zlibCrc32 } from 'node:zlib';

/** The CRC-32 of zlib, PNG and UDIF. */
export function crc32(data: Uint8Array): number {
  return zlibCrc32(data);
}

/** The CRC-32 of two pieces joined, from theirs and the second's length in bytes. The first may be 0, of nothing. */
export function joinCrc32(first: number, second: number, secondLength: number): number {
  return (multiply(powerOfX8(secondLength), first) ^ second) >>> 0;
}

/** The CRC-32 of `length` zero bytes. */
export function zerosCrc32(length: number): number {
  return (multiply(powerOfX8(length), 0xffffffff) ^ 0xffffffff) >>> 0;
}

/*
 * A CRC is a remainder of polynomials over GF(2), bits reflected: bit 31 is the coefficient of x^0. To append n bytes
 * is to multiply by x^(8n), and x^(8n) comes by squaring.
 */
const polynomial = 0xedb88320;
const one = 0x80000000;

/** a · b modulo the CRC's polynomial. */
function multiply(a: number, b: number): number {
  let product = 0;
  let term = b;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= term;
    term = term & 1 ? (term >>> 1) ^ polynomial : term >>> 1;
  }
  return product >>> 0;
}

/** x^(8 · 2^k) for every bit of a safe integer. */
const powers: readonly number[] = (() => {
  const list = [one >>> 8];
  for (let k = 1; k < 53; k++) list.push(multiply(list[k - 1] ?? 0, list[k - 1] ?? 0));
  return list;
})();

function powerOfX8(exponent: number): number {
  let product = one;
  for (let k = 0, rest = exponent; rest > 0; k++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) product = multiply(product, powers[k] ?? 0);
  }
  return product;
}

/** Eight hexadecimal digits. */
export function showCrc32(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
