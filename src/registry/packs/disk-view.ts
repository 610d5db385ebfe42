import { Failure, sha256, type ByteSource, type Sha256 } from '../../base/index.ts';
import { openQcow2Disk, readQcow2, type Qcow2Disk } from '../../formats/qcow2/index.ts';
import { openFile } from '../../image/index.ts';
import { chunkLength, chunkSize, type View } from './disk-index.ts';

/** A disk that is read chunk by chunk. */
export interface DiskView {
  readonly view: View;
  /** In bytes. */
  readonly size: number;
  /** Of a qcow2 image. */
  readonly qcow2?: Qcow2Disk;
  /** The file's own bytes, whatever the view is. */
  readonly file: ByteSource;
  /** A chunk's bytes; undefined where all of them are zero. */
  readonly chunk: (number: number) => Promise<Buffer | undefined>;
  /** @throws Failure 'file-changed' when something wrote to the file meanwhile */
  readonly close: () => Promise<void>;
}

/**
 * Opens what a file holds: the disk in a qcow2 image, or its own bytes.
 * @param as 'file' takes the bytes as they are, whatever they are
 * @throws Failure 'disk-leads-elsewhere' for an image that is not whole without another file
 */
export async function openView(path: string, as?: View): Promise<DiskView> {
  const file = await openFile(path);
  try {
    const qcow2 = as === 'file' ? undefined : await wholeQcow2(path, file);
    const source = qcow2 ?? file;
    return {
      view: qcow2 === undefined ? 'file' : 'qcow2',
      size: source.size,
      ...(qcow2 !== undefined && { qcow2 }),
      file,
      chunk: async (number) => {
        const length = chunkLength(source.size, number);
        if (qcow2 !== undefined && !(await qcow2.isAllocated(number * chunkSize, length))) return undefined;
        const data = await source.read(number * chunkSize, length);
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
        return isZero(bytes) ? undefined : bytes;
      },
      close: file.close,
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function wholeQcow2(path: string, file: ByteSource): Promise<Qcow2Disk | undefined> {
  const header = await readQcow2(file);
  if (header === undefined) return undefined;
  const other = header.dataFile ?? header.backing;
  if (other !== undefined)
    throw new Failure(
      'disk-leads-elsewhere',
      `${path} is not whole: it needs the file ${JSON.stringify(other)}`,
      { hint: 'Make one image of both first: qemu-img convert -O qcow2, or `cidermill seal`.' },
    );
  return openQcow2Disk(file);
}

const zeros = Buffer.alloc(chunkSize);

export function isZero(bytes: Buffer): boolean {
  return bytes.equals(bytes.length === chunkSize ? zeros : zeros.subarray(0, bytes.length));
}

/** The chunks of a view that are not zero: their numbers and digests, in order. */
export interface Scan {
  readonly size: number;
  readonly chunks: readonly { readonly number: number; readonly digest: Sha256 }[];
}

/**
 * Reads a view once.
 * @param onChunk is given every chunk, also those of zeros, before the next is read
 */
export async function scanView(
  { size, chunk }: DiskView,
  { signal, onProgress, onChunk }: ScanOptions = {},
): Promise<Scan> {
  const chunks: { number: number; digest: Sha256 }[] = [];
  const count = Math.ceil(size / chunkSize);
  for (let number = 0; number < count; number++) {
    signal?.throwIfAborted();
    const bytes = await chunk(number);
    onProgress?.(Math.min(size, (number + 1) * chunkSize), size);
    onChunk?.(bytes ?? zeros.subarray(0, chunkLength(size, number)));
    if (bytes !== undefined) chunks.push({ number, digest: sha256(bytes) });
  }
  return { size, chunks };
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly onChunk?: ((bytes: Buffer) => void) | undefined;
}
