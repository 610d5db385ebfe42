import { createHash } from 'node:crypto';
import { createWriteStream, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { checkLinks, walk } from '../../archive/links.ts';
import { folderEntries, packArchive } from '../../archive/index.ts';
import { Failure, type Sha256 } from '../../base/index.ts';
import type { ProductEntry } from './product-index.ts';
import { looksLike } from '../../vm/disk/disk-signatures.ts';
import { openFile } from '../../image/index.ts';
import { hashFile, type Blob } from '../../store/index.ts';

/** What marks a folder as published or pulled; it is no part of the product. */
export const marks: readonly string[] = ['.cidermill-product', '.cidermill-pulled'];

/** Smaller disks travel as they are. In bytes. */
const smallestDisk = 16 << 20;
const diskName = /\.(?:qcow2|iso|img|raw|cdr|hdd)$/i;

/** A file or folder at the top of a product. */
export type Part =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly file: string;
      readonly size: number;
      readonly executable: boolean;
    }
  | { readonly kind: 'disk'; readonly path: string; readonly file: string; readonly executable: boolean }
  | { readonly kind: 'tree'; readonly path: string; readonly folder: string };

/**
 * What a product's folder has.
 * @throws Failure 'hostile-tree' for links that leave their folder and for what is neither a file, a folder nor a link
 */
export async function readParts(folder: string): Promise<Part[]> {
  const parts: Part[] = [];
  const top: { path: string; kind: 'file' | 'folder' | 'link' }[] = [];
  walk(folder, '', (path, kind) => {
    if (!path.includes('/')) top.push({ path, kind });
  });
  for (const { path, kind } of top) {
    const file = join(folder, path);
    if (kind === 'link')
      throw new Failure('hostile-tree', `${file} is a link: a product has links in its folders only`);
    if (kind === 'folder') {
      checkLinks(file);
      parts.push({ kind: 'tree', path, folder: file });
      continue;
    }
    if (marks.includes(path)) continue;
    const { size, mode } = statSync(file);
    const executable = (mode & 0o111) !== 0;
    if (size >= smallestDisk && (diskName.test(path) || (await isDisk(file))))
      parts.push({ kind: 'disk', path, file, executable });
    else parts.push({ kind: 'file', path, file, size, executable });
  }
  return parts;
}

async function isDisk(file: string): Promise<boolean> {
  const source = await openFile(file);
  try {
    return (await looksLike(source)) === 'qcow2';
  } finally {
    await source.close();
  }
}

/** A tree's entries, its own folder the first. */
export async function treeEntries(name: string, folder: string): Promise<ProductEntry[]> {
  const found: { path: string; kind: 'file' | 'folder' | 'link' }[] = [];
  walk(folder, '', (path, kind) => found.push({ path, kind }));
  const entries: ProductEntry[] = [{ type: 'directory', path: name }];
  for (const { path, kind } of found) {
    const [whole, own] = [join(folder, path), `${name}/${path}`];
    if (kind === 'folder') entries.push({ type: 'directory', path: own });
    else if (kind === 'link') entries.push({ type: 'symlink', path: own, target: readlinkSync(whole) });
    else {
      const { digest, size } = await hashFile(whole);
      const executable = (statSync(whole).mode & 0o111) !== 0;
      entries.push({ type: 'file', path: own, size, sha256: digest, executable, stored: 'tree' });
    }
  }
  return entries;
}

/** Writes a folder as a compressed tar archive that oras unpacks. @returns also the digest of the archive before it was compressed */
export async function packTree(
  name: string,
  folder: string,
  output: string,
): Promise<Blob & { readonly unpacked: Sha256 }> {
  const [plain, packed] = [createHash('sha256'), createHash('sha256')];
  let size = 0;
  await pipeline(
    packArchive(folderEntries(folder, name)),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const part of source) {
        plain.update(part);
        yield part;
      }
    },
    createGzip({ level: 6 }),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const part of source) {
        packed.update(part);
        size += part.length;
        yield part;
      }
    },
    createWriteStream(output, { flags: 'wx' }),
  );
  return { digest: packed.digest('hex') as Sha256, size, unpacked: plain.digest('hex') as Sha256 };
}
