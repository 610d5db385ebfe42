import { sha256 } from '../../base/index.ts';

/* A GUID on disk: its first three groups are little-endian numbers, the other two bytes. */

/** As people write it, in lower case. */
export function readGuid(data: Uint8Array): string {
  const hex = swapped(data).toString('hex');
  return [8, 12, 16, 20, 32].map((end, index) => hex.slice([0, 8, 12, 16, 20][index], end)).join('-');
}

/** @throws RangeError when it is not written as five groups of hexadecimal digits */
export function guidBytes(guid: string): Uint8Array {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(guid))
    throw new RangeError(`"${guid}" is not a GUID`);
  return new Uint8Array(swapped(Buffer.from(guid.replaceAll('-', ''), 'hex')));
}

function swapped(data: Uint8Array): Buffer {
  const copy = Buffer.from(data);
  copy.subarray(0, 4).reverse();
  copy.subarray(4, 6).reverse();
  copy.subarray(6, 8).reverse();
  return copy;
}

/** A GUID of version 8 (RFC 9562, 5.8), the same for the same seed. */
export function guidFrom(seed: string): string {
  const bytes = Buffer.from(sha256(seed), 'hex').subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
