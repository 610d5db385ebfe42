import { execFileSync } from 'node:child_process';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { encryptImage } from '../rig/images/encrypted-writer.ts';
import { mbrDisk } from '../rig/images/partitioned.ts';
import { splitImage } from '../rig/images/split-image.ts';
import { writeUdif } from '../rig/images/udif-writer.ts';
import { lengthSize, password } from './container-targets.ts';
import type { Seed } from './seeds.ts';

/** What wraps a disk, or cuts it into pieces. @param words that compress, and not to nothing */
export function containerSeeds(words: Buffer): Seed[] {
  const compressed = (...options: string[]): Buffer =>
    execFileSync('xz', ['-c', ...options], { input: words });
  const sealed = { password, iterations: 10, blockSize: 512 };
  return [
    ...([128, 256] as const).map((bits): Seed => ({
      name: `AES-${bits}`,
      bytes: encryptImage(words.subarray(0, 4000), { ...sealed, bits }),
      targets: ['encrypted'],
    })),
    { name: 'two segments', bytes: segments(words), targets: ['segments'] },
    { name: 'Info.plist', bytes: Buffer.from(bundleInfo), targets: ['bundle', 'plist'] },
    { name: 'binary list', bytes: binaryList, targets: ['plist'] },
    { name: 'binary Info.plist', bytes: binaryInfo(), targets: ['bundle'] },
    { name: 'MBR', bytes: mbr(), targets: ['mbr', 'growth'] },
    { name: 'extended partition', bytes: extended(), targets: ['mbr', 'map'] },
    { name: 'lzma', bytes: compressed('--format=lzma', '--lzma1=dict=64KiB'), targets: ['lzma'] },
    { name: 'xz of LZMA2', bytes: compressed('--check=none'), targets: ['unxz'] },
    { name: 'xz in blocks', bytes: compressed('--check=none', '--block-size=4096'), targets: ['unxz'] },
    { name: 'gzip', bytes: gzipSync(words.subarray(0, 3000)), targets: ['anatomy'] },
    { name: 'zip', bytes: zip(words.subarray(0, 3000)), targets: ['anatomy'] },
  ];
}

function segments(words: Buffer): Buffer {
  const image = writeUdif([
    {
      name: 'whole disk (Apple_HFS : 0)',
      runs: [
        { kind: 'raw', data: words.subarray(0, 4096) },
        { kind: 'zlib', data: words.subarray(4096, 2 * 4096) },
      ],
    },
  ]);
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = splitImage(image, 2);
  const length = Buffer.alloc(lengthSize);
  length.writeUInt32BE(first.length);
  return Buffer.concat([length, first, second]);
}

const bundleInfo = `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
<key>band-size</key><integer>8388608</integer>
<key>bundle-backingstore-version</key><integer>1</integer>
<key>diskimage-bundle-type</key><string>com.apple.diskimage.sparsebundle</string>
<key>size</key><integer>34359738368</integer>
</dict></plist>
`;

/** What Python's plistlib writes: every kind of value. */
const binaryList = Buffer.from(
  'YnBsaXN0MDDYAQIDBAUGBwgJCgsOExQVFlRiYW5kVGRhdGVUZGVlcFRsaXN0VG5hbWVUcmVhbFRzaXplVHdpZGVEAAECAzNBBRgAAAAAANEMDVFhoKQPEBESCQgT//////////8RASxRdiM/+AAAAAAAABMAAAAQAAAAAGIA6SYDCBkeIygtMjc8QUZPUlRVWltcZWhqc3wAAAAAAAABAQAAAAAAAAAXAAAAAAAAAAAAAAAAAAAAgQ==',
  'base64',
);

/** The same values as in the one of XML. */
function binaryInfo(): Buffer {
  const text = (value: string): Buffer =>
    Buffer.concat([
      value.length < 15 ? Buffer.of(0x50 + value.length) : Buffer.of(0x5f, 0x10, value.length),
      Buffer.from(value),
    ]);
  const number = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(9, 0x13);
    bytes.writeBigUInt64BE(value, 1);
    return bytes;
  };
  const keys = ['band-size', 'bundle-backingstore-version', 'diskimage-bundle-type', 'size'];
  const values = [number(2n ** 23n), number(1n), text('com.apple.diskimage.sparsebundle'), number(2n ** 35n)];
  const all = [Buffer.of(0xd4, 1, 2, 3, 4, 5, 6, 7, 8), ...keys.map(text), ...values];
  let at = 8;
  const table = all.map(({ length }) => (at += length) - length);
  const trailer = Buffer.alloc(32);
  trailer.set([1, 1], 6);
  [BigInt(all.length), 0n, BigInt(at)].forEach((word, index) =>
    trailer.writeBigUInt64BE(word, 8 + 8 * index),
  );
  return Buffer.concat([Buffer.from('bplist00'), ...all, Buffer.from(table), trailer]);
}

function mbr(): Buffer {
  const bytes = Buffer.alloc(2048, 1);
  return mbrDisk([
    { type: '131', bytes },
    { type: '175', bytes },
  ]);
}

/** A primary partition, and two in an extended one. */
function extended(): Buffer {
  const disk = Buffer.alloc(64 * 512);
  const write = (
    sector: number,
    ...entries: (readonly [type: number, first: number, count: number])[]
  ): void => {
    entries.forEach(([type, first, count], index) => {
      const at = sector * 512 + 446 + 16 * index;
      disk[at + 4] = type;
      disk.writeUInt32LE(first, at + 8);
      disk.writeUInt32LE(count, at + 12);
    });
    disk.writeUInt16LE(0xaa55, sector * 512 + 510);
  };
  write(0, [0xaf, 1, 7], [0x05, 8, 40]);
  write(8, [0xaf, 1, 7], [0x05, 16, 16]);
  write(24, [0x83, 1, 7]);
  return disk;
}

/** One deflated member. */
function zip(content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const name = Buffer.from('a/file');
  const fields = (signature: number, version: readonly number[]): Buffer => {
    const head = Buffer.alloc(4 + version.length + 24);
    head.writeUInt32LE(signature);
    head.set(version, 4);
    const at = 4 + version.length;
    head.writeUInt16LE(8, at + 2);
    head.writeUInt32LE(packed.length, at + 12);
    head.writeUInt32LE(content.length, at + 16);
    head.writeUInt16LE(name.length, at + 20);
    return head;
  };
  const local = Buffer.concat([fields(0x04034b50, [20, 0]), name, packed]);
  const central = Buffer.concat([fields(0x02014b50, [20, 0, 20, 0]), Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
