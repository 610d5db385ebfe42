import { makeApm } from '../../../src/formats/apm/index.ts';
import { makeGpt } from '../../../src/formats/gpt/index.ts';
import { newVolume } from '../../../src/formats/hfsplus/index.ts';
import { memorySource, type Patch } from '../../../src/formats/source/index.ts';

const sector = 512;
export const hfsGuid = '48465300-0000-11aa-aa11-00306543ecac';

/** An HFS+ volume with one file, "hello". @param size in bytes */
export async function volumeBytes(size: number, name = 'V', caseSensitive = false): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  const editor = newVolume({ name, size, date: new Date('2012-07-25T00:00:00Z'), caseSensitive });
  editor.putFile(editor.root, 'hello', { data: memorySource(Buffer.from('hello, world\n')) });
  const target = {
    size,
    read: (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length)),
    write: (offset: number, data: Uint8Array) => {
      bytes.set(data, offset);
      return Promise.resolve();
    },
  };
  await editor.commit(target, { size });
  return bytes;
}

export interface Part {
  /** A GUID; "Apple_HFS"; or the number of an MBR's type. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** A disk with a GPT. @param room bytes behind the last partition */
export function gptDisk(parts: readonly Part[], room = 0): Buffer {
  const map = makeGpt({
    disk: '00000000-0000-0000-0000-000000000009',
    partitions: parts.map(({ type, bytes }, index) => ({
      ...{
        type,
        id: `00000000-0000-0000-0000-00000000001${index}`,
        name: `part ${index}`,
        size: bytes.length,
      },
    })),
    ...(room === 0 ? {} : { size: parts.reduce((sum, { bytes }) => sum + bytes.length, room + 2 ** 16) }),
  });
  return assemble(map, parts);
}

/** A disk with an Apple partition map. */
export function apmDisk(parts: readonly Part[]): Buffer {
  return assemble(
    makeApm({
      partitions: parts.map(({ type, bytes }, index) => ({
        type,
        name: `part ${index}`,
        size: bytes.length,
      })),
    }),
    parts,
  );
}

/** A disk with a master boot record, the first partition at sector 63. */
export function mbrDisk(parts: readonly Part[]): Buffer {
  const disk = Buffer.alloc(63 * sector + parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let first = 63;
  for (const [index, { type, bytes }] of parts.entries()) {
    const at = 446 + 16 * index;
    disk.set([0, 0, 1, 1, Number(type), 0xfe, 0xff, 0xff], at);
    disk.writeUInt32LE(first, at + 8);
    disk.writeUInt32LE(bytes.length / sector, at + 12);
    disk.set(bytes, first * sector);
    first += bytes.length / sector;
  }
  disk.set([0x55, 0xaa], 510);
  return disk;
}

function assemble(
  map: {
    readonly size: number;
    readonly partitions: readonly { readonly offset: number }[];
    readonly patches: readonly Patch[];
  },
  parts: readonly Part[],
): Buffer {
  const disk = Buffer.alloc(map.size);
  for (const { offset, bytes } of map.patches) disk.set(bytes, offset);
  parts.forEach(({ bytes }, index) => disk.set(bytes, map.partitions[index]?.offset ?? 0));
  return disk;
}

/** As the header of a Core Storage physical volume of these bytes begins. */
export function withCoreStorageLabel(volume: Buffer): Buffer {
  const labelled = Buffer.from(volume);
  labelled.set([0x9e, 0x10, 0xbe, 0xe0, 0xff, 0xff, 0xff, 0xff]);
  labelled.writeBigUInt64LE(BigInt(volume.length), 64);
  labelled.set([0x43, 0x53, 1, 0], 88);
  return labelled;
}
