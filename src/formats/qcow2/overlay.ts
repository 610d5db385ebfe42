import { FormatError } from '../../base/index.ts';

/** What an overlay shows: a file's disk, and zeros behind it up to a size. */
export interface Overlay {
  /** In bytes, a multiple of 512, at most 4 TiB. */
  readonly size: number;
  /** The file below, and its format in QEMU's words. */
  readonly backing: string;
  readonly backingFormat: string;
}

const cluster = 65_536;
/** Bytes of the disk that one entry of the first table stands for. */
const perEntry = cluster * (cluster / 8);
const largest = perEntry * (cluster / 8);

/** Bytes of a version 3 header, and of the extension's own header. */
const [headerBytes, extensionBytes] = [104, 8];

/**
 * Makes an empty qcow2 image (version 3) on top of another file: what is read comes from that file, or is zero behind
 * its end; what is written stays in this one. Header, refcount table, refcount block and first table, a cluster each.
 * @throws FormatError for a size or a name that the header cannot hold
 */
export function makeOverlay({ size, backing, backingFormat }: Overlay): Uint8Array {
  const [name, format] = [Buffer.from(backing), Buffer.from(backingFormat)];
  if (size % 512 !== 0 || size > largest) throw new FormatError('qcow2', `an overlay of ${size} bytes`);
  if (name.length > 1023)
    throw new FormatError('qcow2', `the name of a backing file of ${name.length} bytes`);
  const bytes = Buffer.alloc(4 * cluster);
  const nameAt = headerBytes + extensionBytes + Math.ceil(format.length / 8) * 8 + extensionBytes;
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeBigUInt64BE(BigInt(nameAt), 8);
  bytes.writeUInt32BE(name.length, 16);
  bytes.writeUInt32BE(16, 20); // 2^16: bytes of a cluster
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(Math.ceil(size / perEntry), 36);
  bytes.writeBigUInt64BE(BigInt(3 * cluster), 40);
  bytes.writeBigUInt64BE(BigInt(cluster), 48);
  bytes.writeUInt32BE(1, 56); // clusters of the refcount table
  bytes.writeUInt32BE(4, 96); // 2^4: bits of a refcount
  bytes.writeUInt32BE(headerBytes, 100);
  bytes.writeUInt32BE(0xe2792aca, headerBytes);
  bytes.writeUInt32BE(format.length, headerBytes + 4);
  format.copy(bytes, headerBytes + extensionBytes);
  name.copy(bytes, nameAt);
  bytes.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let used = 0; used < 4; used++) bytes.writeUInt16BE(1, 2 * cluster + 2 * used);
  return bytes;
}
