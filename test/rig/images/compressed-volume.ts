import { deflateSync } from 'node:zlib';
import { newVolume } from '../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { encodeLzfse } from './lzfse-encoder.ts';
import { memoryTarget } from '../memory-target.ts';

const compressedFlag = 0x20;
const blockSize = 65536;

/** What the files of the volume hold: those whose data are in the attribute, and those with blocks in the resource fork. */
export const compressedContents = {
  inline: Buffer.from('a few words that are compressed; '.repeat(60)),
  large: Buffer.from(Array.from({ length: 20_000 }, (_, index) => `${index} green bottles\n`).join('')),
};

/**
 * A volume with a file of each type of compression that is known, and two that are not: named typeN.
 * The containers are written by what is known of their layout, not by any code of the readers'.
 */
export async function compressedVolume(): Promise<Buffer> {
  const { inline, large } = compressedContents;
  const editor = newVolume({ name: 'compressed', date: new Date(0) });
  const put = (type: number, size: number, behind: Uint8Array, resource?: Buffer): void => {
    const head = Buffer.alloc(16);
    head.write('fpmc', 'latin1');
    head.writeUInt32LE(type, 4);
    head.writeBigUInt64LE(BigInt(size), 8);
    editor.putFile(editor.root, `type${type}`, {
      ownerFlags: compressedFlag,
      attributes: new Map([['com.apple.decmpfs', Buffer.concat([head, behind])]]),
      ...(resource !== undefined && { resource: memorySource(resource) }),
    });
  };
  const nothing = new Uint8Array();
  put(1, inline.length, inline);
  put(3, inline.length, deflateSync(inline));
  put(4, large.length, nothing, zlibFork(blocksOf(large).map((block) => deflateSync(block))));
  put(5, inline.length, nothing);
  put(9, inline.length, Buffer.concat([Buffer.of(0xcc), inline]));
  put(
    10,
    large.length,
    nothing,
    offsetFork(blocksOf(large).map((block) => Buffer.concat([Buffer.of(0xcc), block]))),
  );
  put(11, inline.length, encodeLzfse(inline));
  put(12, large.length, nothing, offsetFork(blocksOf(large).map((block) => encodeLzfse(block))));
  put(13, inline.length, nothing);
  const target = memoryTarget(Buffer.alloc(0));
  await editor.commit(target, { size: editor.sizeNeeded() });
  return Buffer.from(await target.read(0, target.size));
}

function blocksOf(data: Buffer): Buffer[] {
  const count = Math.ceil(data.length / blockSize);
  return Array.from({ length: count }, (_, index) =>
    data.subarray(index * blockSize, (index + 1) * blockSize),
  );
}

/** A resource fork with one resource: a table of offset and length for each block, little-endian, behind their number. */
function zlibFork(blocks: readonly Buffer[]): Buffer {
  const table = Buffer.alloc(4 + 8 * blocks.length);
  table.writeUInt32LE(blocks.length);
  let at = table.length;
  for (const [index, block] of blocks.entries()) {
    table.writeUInt32LE(at, 4 + 8 * index);
    table.writeUInt32LE(block.length, 8 + 8 * index);
    at += block.length;
  }
  const data = Buffer.concat([table, ...blocks]);
  const head = Buffer.alloc(0x104);
  const map = Buffer.alloc(50);
  head.writeUInt32BE(0x100, 0); // where the data are,
  head.writeUInt32BE(0x104 + data.length, 4); // and the map;
  head.writeUInt32BE(4 + data.length, 8);
  head.writeUInt32BE(map.length, 12);
  head.writeUInt32BE(data.length, 0x100);
  return Buffer.concat([head, data, map]);
}

/** Where each block begins and where the last one ends, little-endian, and the blocks. */
function offsetFork(blocks: readonly Buffer[]): Buffer {
  const table = Buffer.alloc(4 * (blocks.length + 1));
  let at = table.length;
  for (const [index, block] of blocks.entries()) {
    table.writeUInt32LE(at, 4 * index);
    at += block.length;
  }
  table.writeUInt32LE(at, 4 * blocks.length);
  return Buffer.concat([table, ...blocks]);
}
