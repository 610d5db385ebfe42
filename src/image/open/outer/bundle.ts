import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, FormatError, type ByteSource } from '../../../base/index.ts';
import { bandNumber, readBundleInfo, type BundleInfo } from '../../../formats/sparsebundle/index.ts';
import { checkRange, memorySource } from '../../../formats/source/index.ts';
import { systemReason } from '../../../base/index.ts';
import { encryptionOf, unlocked, type Encryption } from './unlocked.ts';

/** A range of a disk that was ever written. In bytes. */
export interface Band {
  readonly start: number;
  readonly size: number;
}

/** A sparse bundle: a folder with a disk's bands, a file each. */
export interface Bundle {
  readonly source: ByteSource;
  /** In the disk's order; what is in none reads as zeros. */
  readonly bands: readonly Band[];
  readonly encryption: Encryption | undefined;
  readonly close: () => Promise<void>;
}

const largestPlist = 2 ** 20;
const largestToken = 2 ** 20;
/** Files that are kept open. */
const mostOpen = 32;

/** @throws Failure 'cannot-read' when a folder is no bundle; FormatError; as unlocked does */
export async function openBundle(folder: string, password: string | undefined): Promise<Bundle> {
  const info = readBundleInfo(await small(folder, 'Info.plist', largestPlist));
  const names = await readdir(join(folder, 'bands')).catch(cannotRead(folder));
  const bands: (Band & { readonly name: string })[] = [];
  for (const name of names) {
    const number = bandNumber(name, info);
    if (number === undefined) continue;
    const start = number * info.bandSize;
    const { size } = await stat(join(folder, 'bands', name)).catch(cannotRead(folder));
    bands.push({ name, start, size: Math.min(size, info.bandSize, info.size - start) });
  }
  bands.sort((a, b) => a.start - b.start);
  const files = openFiles(join(folder, 'bands'));
  const stored = bandSource(info, bands, files.read);
  // A bundle that is not encrypted has an empty token.
  const token = await small(folder, 'token', largestToken).catch(() => new Uint8Array());
  const lock = await unlocked(memorySource(token), password, folder);
  if (lock === undefined) return { source: stored, bands, encryption: undefined, close: files.close };
  // Blocks of missing bands are not encrypted zeros: they are left out.
  const { blockSize } = lock.header;
  const size = Math.ceil(info.size / blockSize) * blockSize;
  const plain = lock.decrypt(bandSource({ ...info, size }, bands, files.read), info.size);
  const source = bandSource(info, bands, (band, offset, length) => plain.read(band.start + offset, length));
  return { source, bands, encryption: encryptionOf(lock.header), close: files.close };
}

/** A disk of bands: where a band is missing, and behind a short one, zeros. */
function bandSource<Kept extends Band>(
  { size }: Pick<BundleInfo, 'size'>,
  bands: readonly Kept[],
  read: (band: Kept, offset: number, length: number) => Promise<Uint8Array>,
): ByteSource {
  return {
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const output = new Uint8Array(length);
      for (let index = firstAfter(bands, offset); index < bands.length; index++) {
        const band = bands[index] as Kept;
        if (band.start >= offset + length) break;
        const from = Math.max(offset, band.start);
        const to = Math.min(offset + length, band.start + band.size);
        if (from < to) output.set(await read(band, from - band.start, to - from), from - offset);
      }
      return output;
    },
  };
}

/** The index of the first band that ends after `offset`. */
function firstAfter(bands: readonly Band[], offset: number): number {
  let [low, high] = [0, bands.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { start, size } = bands[middle] as Band;
    if (start + size > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Reads parts of a folder's files; the ones read last stay open. */
function openFiles(folder: string): {
  readonly read: (band: { readonly name: string }, offset: number, length: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
} {
  const handles = new Map<string, Promise<FileHandle>>();
  const close = async (): Promise<void> => {
    for (const each of [...handles.values()]) await (await each.catch(() => undefined))?.close();
    handles.clear();
  };
  const handleOf = async (name: string): Promise<FileHandle> => {
    const known = handles.get(name);
    if (known !== undefined) return known;
    const opened = open(join(folder, name), 'r').catch(cannotRead(join(folder, name)));
    handles.set(name, opened);
    return opened;
  };
  let reading = Promise.resolve<unknown>(undefined);
  return {
    close,
    read: (band, offset, length) => {
      const result = reading.then(async () => {
        if (handles.size >= mostOpen && !handles.has(band.name)) await close();
        const handle = await handleOf(band.name);
        const data = new Uint8Array(length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await handle.read(data, done, length - done, offset + done);
          if (bytesRead === 0)
            throw new FormatError('sparsebundle', `band ${band.name} became shorter while it was read`, {
              offset: offset + done,
            });
          done += bytesRead;
        }
        return data;
      });
      // One after another: a file is not closed while another read has it.
      reading = result.catch(() => undefined);
      return result;
    },
  };
}

async function small(folder: string, name: string, most: number): Promise<Uint8Array> {
  const path = join(folder, name);
  const { size } = await stat(path).catch(cannotRead(folder));
  if (size > most) throw new FormatError('sparsebundle', `${name} has ${size} bytes, more than ${most}`);
  return readFile(path).catch(cannotRead(folder));
}

function cannotRead(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new Failure('cannot-read', `${path} cannot be read: ${systemReason(cause)}`, { cause });
  };
}
