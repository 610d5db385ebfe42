import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { Sha256 } from '../../base/index.ts';
import { archiveKind } from '../../archive/archive-name.ts';
import { decompress } from '../../archive/decompress.ts';
import { blobPath, type Store } from '../../store/index.ts';
import type { Subject } from '../statement.ts';

/** A file of a product, or one in an archive that is a file of the product. */
export interface ProductFile {
  readonly name: string;
  readonly sha256: Sha256;
  /** As Debian's packages list their files. */
  readonly md5: string;
  /** Of a tar archive. */
  readonly inside: readonly ProductFile[];
}

/** More than any archive of ours holds; what lies behind is not listed. */
const mostInside = 200_000;

/** The files of a product with those in its tar archives, read from the store. */
export async function productFiles(store: Store, files: readonly Subject[]): Promise<ProductFile[]> {
  const found: ProductFile[] = [];
  for (const { name, digest } of files) {
    const path = blobPath(store, digest.sha256);
    const md5 = (await digestsOf(createReadStream(path))).md5;
    const kind = archiveKind(name);
    const inside = kind === undefined ? [] : await filesInside(path, kind).catch(() => []);
    found.push({ name, sha256: digest.sha256, md5, inside });
  }
  return found;
}

/** @throws when it is no tar archive */
async function filesInside(
  path: string,
  kind: NonNullable<ReturnType<typeof archiveKind>>,
): Promise<ProductFile[]> {
  const files: ProductFile[] = [];
  await eachEntry(path, kind, async (name, entry) => {
    if (files.length < mostInside) files.push({ name, ...(await digestsOf(entry)), inside: [] });
    else entry.resume();
  });
  return files;
}

/** Reads the regular files of a tar archive, one after the other. @throws when it is damaged */
export async function eachEntry(
  path: string,
  kind: NonNullable<ReturnType<typeof archiveKind>>,
  take: (name: string, entry: Readable) => Promise<void>,
): Promise<void> {
  const entries = extract({ allowUnknownFormat: true } as object);
  const source = await decompress(path, kind);
  const feed = pipeline(source.stream, entries);
  feed.catch(() => undefined);
  try {
    for await (const entry of entries as unknown as AsyncIterable<Entry>) {
      if (entry.header.type === 'file') await take(entry.header.name.replace(/^\.\//, ''), entry);
      else entry.resume();
    }
    await feed;
    await source.done;
  } finally {
    source.stream.destroy();
  }
}

type Entry = Readable & { readonly header: { readonly name: string; readonly type?: string | null } };

async function digestsOf(stream: Readable): Promise<{ sha256: Sha256; md5: string }> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  for await (const part of stream) {
    sha256.update(part as Buffer);
    md5.update(part as Buffer);
  }
  return { sha256: sha256.digest('hex') as Sha256, md5: md5.digest('hex') };
}
