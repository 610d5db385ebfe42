import { Failure, FormatError, type ByteSource } from '../base/index.ts';
import { packageEntries, readPackage } from '../image/index.ts';

/** Yosemite's has 10 MB. It is held in memory: its size has to be known before the first byte is written. */
const largestKernel = 64 * 2 ** 20;

export interface PackagedFile {
  readonly bytes: Uint8Array;
  /** Seconds since 1970. */
  readonly time: number;
}

/**
 * Takes one file out of a package's payload, as far as which the payload is decoded.
 * @throws FormatError when it is damaged or too large; Failure 'missing-part' when no payload has it
 */
export async function takeFromPackage(source: ByteSource, file: string, name: string): Promise<PackagedFile> {
  const pkg = await readPackage(source);
  for (const member of pkg.archives) {
    for await (const entry of packageEntries(pkg, member)) {
      if (entry.path !== file || entry.kind !== 'file') continue;
      if (entry.size > largestKernel)
        throw new FormatError(
          'pkg',
          `${file} has ${entry.size} bytes; no kernel has more than ${largestKernel}`,
        );
      const parts: Uint8Array[] = [];
      for await (const part of entry.content) parts.push(part);
      return { bytes: Buffer.concat(parts), time: entry.time };
    }
  }
  throw new Failure('missing-part', `no payload of ${name} has ${file}`, {
    hint: 'If you have the kernel as a file, give it by --kernel FILE.',
  });
}
