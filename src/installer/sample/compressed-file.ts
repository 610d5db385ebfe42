import { memorySource } from '../../formats/source/index.ts';
import type { FileContents } from '../../formats/hfsplus/index.ts';
import { deflate } from './deflate.ts';

/** UF_COMPRESSED of chflags(2). */
const compressedFlag = 0x20;
const blockSize = 65536;
/** zlib's own default. */
const level = 6;
const [inAttribute, inResourceFork] = [3, 4];

/** A file as `ditto --hfsCompression` leaves it: zlib in an attribute when it is small, else in the resource fork. */
export function compressedFile(data: Uint8Array): FileContents {
  const packed = deflate(data, level);
  const inline = packed.length <= 3000;
  const head = Buffer.alloc(16);
  head.write('fpmc', 0, 'latin1');
  head.writeUInt32LE(inline ? inAttribute : inResourceFork, 4);
  head.writeBigUInt64LE(BigInt(data.length), 8);
  return {
    ownerFlags: compressedFlag,
    attributes: new Map([['com.apple.decmpfs', inline ? Buffer.concat([head, packed]) : head]]),
    ...(inline ? {} : { resource: memorySource(resourceFork(data)) }),
  };
}

/** A resource fork whose only resource, of type cmpf, is a table of blocks and the blocks. */
function resourceFork(data: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += blockSize)
    blocks.push(deflate(data.subarray(at, at + blockSize), level));
  const table = Buffer.alloc(4 + 8 * blocks.length);
  table.writeUInt32LE(blocks.length, 0);
  let at = table.length;
  blocks.forEach((block, index) => {
    table.writeUInt32LE(at, 4 + 8 * index);
    table.writeUInt32LE(block.length, 8 + 8 * index);
    at += block.length;
  });
  const size = Buffer.alloc(4);
  size.writeUInt32BE(at);
  const [dataAt, dataSize, mapSize] = [0x100, 4 + at, 50];
  const head = Buffer.alloc(dataAt);
  [dataAt, dataAt + dataSize, dataSize, mapSize].forEach((value, index) =>
    head.writeUInt32BE(value, 4 * index),
  );
  // The resource map (Inside Macintosh, "Resource File Format"): one type, one resource, no names.
  const map = Buffer.alloc(mapSize);
  map.writeUInt16BE(28, 24);
  map.writeUInt16BE(mapSize, 26);
  map.write('cmpf', 30, 'latin1');
  map.writeUInt16BE(10, 36);
  map.writeUInt16BE(1, 38);
  map.writeUInt16BE(0xffff, 40);
  return Buffer.concat([head, size, table, ...blocks, map]);
}
