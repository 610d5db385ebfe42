import { sparseHeader, sparseNode, sparseSignature } from '../../../src/formats/sparse/index.ts';

/**
 * Writes a sparse image as a Mac does that wrote the disk's bands in a certain order.
 * @param order the numbers of the bands, from 0, that are in the file
 */
export function writeSparse(disk: Uint8Array, order: readonly number[], bandSectors = 2048): Buffer {
  const bandSize = bandSectors * 512;
  const parts: Uint8Array[] = [];
  const nodes = [order.slice(0, 1008)];
  for (let from = 1008; from < order.length; from += 1010) nodes.push(order.slice(from, from + 1010));
  let at = 0;
  nodes.forEach((bands, index) => {
    const end = at + 4096 + bands.length * bandSize;
    const nextNode = index + 1 < nodes.length ? BigInt(end) : 0n;
    const shared = { signature: sparseSignature, flags: 1, nextNode };
    const ids = (count: number): number[] =>
      Array.from({ length: count }, (_, each) => (bands[each] === undefined ? 0 : bands[each] + 1));
    parts.push(
      index === 0
        ? sparseHeader.encode({
            ...shared,
            version: 3,
            bandSectors,
            sectorCountLow: disk.length / 512,
            sectorCount: BigInt(disk.length / 512),
            reserved: new Uint8Array(28),
            bands: ids(1008),
          })
        : sparseNode.encode({ ...shared, index: index - 1, reserved: new Uint8Array(36), bands: ids(1010) }),
      ...bands.map((band) => padded(disk.subarray(band * bandSize, (band + 1) * bandSize), bandSize)),
    );
    at = end;
  });
  return Buffer.concat(parts);
}

function padded(data: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  whole.set(data);
  return whole;
}
