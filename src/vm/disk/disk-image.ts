import { realpathSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Failure, FormatError, systemReason, type ByteSource } from '../../base/index.ts';
import { readQcow2 } from '../../formats/qcow2/index.ts';
import { looksLike } from './disk-signatures.ts';

/** What the user says of a disk image, because its own bytes cannot be believed: a guest may have written them. */
export interface DiskTrust {
  /** Its format, in QEMU's words: "qcow2", "raw". */
  readonly format?: string;
  /** The folder that all other files which the disk is made of lie in. */
  readonly backing?: string;
}

/** A disk image and what it is made of. Paths are absolute. */
export interface DiskImage {
  readonly file: string;
  readonly format: string;
  /** The file that it starts from, without which it is not whole. */
  readonly backing?: string;
  /** The file that has its data. */
  readonly dataFile?: string;
}

/** Longer chains of backing files are nobody's. */
const longestChain = 64;

/**
 * Finds out the format of a disk image, and refuses one that leads to other files unless the user said where those may be.
 * A raw disk's first bytes are the guest's: it can write there that its disk is on top of any file of the host.
 * @throws Failure 'disk-format', 'disk-leads-elsewhere', 'no-file'; FormatError when a header is damaged
 */
export async function judgeDisk(path: string, trust: DiskTrust = {}): Promise<DiskImage> {
  const file = resolve(path);
  return withSource(file, async (source) => {
    const format = trust.format ?? (await probe(file, source));
    if (format !== 'qcow2') return { file, format };
    const header = await readQcow2(source);
    if (header === undefined)
      throw new Failure('disk-format', `${file} is not a qcow2 image`, {
        hint: 'Say --disk-format raw for a raw disk.',
      });
    const { backing, backingFormat, dataFile } = header;
    const others = [dataFile, backing].filter((name) => name !== undefined);
    if (others.length === 0) return { file, format };
    if (trust.format === undefined || trust.backing === undefined)
      throw leadsElsewhere(file, dataFile, backing);
    const found = {
      ...(dataFile !== undefined && { dataFile: inFolder(file, dataFile, trust.backing) }),
      ...(backing !== undefined && { backing: inFolder(file, backing, trust.backing) }),
    };
    if (found.backing !== undefined) await judgeChain(file, found.backing, backingFormat, trust.backing);
    return { file, format, ...found };
  });
}

async function probe(file: string, source: ByteSource): Promise<string> {
  const format = await looksLike(source);
  if (format === undefined || format === 'qcow2') return format ?? 'raw';
  throw new Failure('disk-format', `${file} looks like a disk image of the format ${format}`, {
    hint: `A guest can make its raw disk look so. Say which it is: --disk-format ${format}, or --disk-format raw.`,
  });
}

/** Follows backing files as QEMU will. */
async function judgeChain(
  image: string,
  first: string,
  firstFormat: string | undefined,
  folder: string,
): Promise<void> {
  const seen = new Set([image]);
  let [above, file, format] = [image, first, firstFormat];
  for (;;) {
    if (seen.has(file) || seen.size > longestChain)
      throw new Failure('disk-leads-elsewhere', `${image}: its chain of backing files has no end`);
    seen.add(file);
    if (format === undefined)
      throw new Failure('disk-format', `${above} does not name the format of its backing file ${file}`, {
        hint: `qemu-img rebase -u -F FORMAT -b ${file} ${above} says which it is.`,
      });
    if (format !== 'qcow2') return;
    const header = await withSource(file, readQcow2);
    if (header === undefined)
      throw new Failure('disk-format', `${file}, the backing file of ${above}, is not a qcow2 image`);
    if (header.dataFile !== undefined) inFolder(file, header.dataFile, folder);
    if (header.backing === undefined) return;
    const next = inFolder(file, header.backing, folder);
    [above, file, format] = [file, next, header.backingFormat];
  }
}

function leadsElsewhere(file: string, dataFile: string | undefined, backing: string | undefined): Failure {
  const [what, name] =
    dataFile === undefined
      ? ['is on top of another file', backing ?? '']
      : ['has its data in another file', dataFile];
  const place = isAbsolute(name) ? dirname(name) : dirname(join(dirname(file), name));
  return new Failure('disk-leads-elsewhere', `${file} ${what}: ${JSON.stringify(name)}`, {
    hint: `If you made it so, say where that file is: --disk-format qcow2 --backing ${place}`,
  });
}

/** The path that QEMU makes of a name in an image; links of it are followed, and end in the folder. @throws Failure 'disk-leads-elsewhere' */
export function inFolder(image: string, name: string, folder: string): string {
  const refuse = (why: string): never => {
    throw new Failure('disk-leads-elsewhere', `${image} names the file ${JSON.stringify(name)}, ${why}`);
  };
  // QEMU takes what stands before a colon for a protocol, unless a slash is before it.
  if (/^[^/]*:/.test(name)) return refuse('which is not a path');
  if (name === '') return refuse('which is empty');
  const path = resolve(dirname(image), name);
  const real = realOf(path) ?? refuse('which does not exist');
  const inside = relative(realOf(folder) ?? refuse(`and there is no folder ${folder}`), real);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    return refuse(`which is not in the folder ${folder}`);
  return path;
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

async function withSource<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw new Failure('no-file', `${path} cannot be read: ${systemReason(cause)}`, { cause });
  }
  try {
    const { size } = await handle.stat();
    return await use({
      size,
      read: async (offset, length) => {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
        if (bytesRead < length) throw new FormatError('disk', `${path} ends too early`, { offset });
        return buffer;
      },
    });
  } finally {
    await handle.close();
  }
}
