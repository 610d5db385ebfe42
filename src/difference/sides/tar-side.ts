import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { archiveKind, decompress } from '../../archive/index.ts';
import { Failure } from '../../base/index.ts';
import type { Side, SideEntry } from './side.ts';
import { StreamedContents } from './streamed.ts';

type TarEntry = AsyncIterable<Uint8Array> & { readonly header: Header };

/** A tar archive, by its name: a toolchain's tarball, a release of upstream's. */
export async function tarSide(path: string, signal?: AbortSignal): Promise<Side> {
  const entries = new Map<string, SideEntry>();
  const contents = new StreamedContents();
  const tar = extract();
  const packed = await decompress(path, archiveKind(path) ?? 'none');
  const feed = pipeline(packed.stream, tar, ...(signal === undefined ? [] : [{ signal }]));
  const read = (async () => {
    for await (const entry of tar as unknown as AsyncIterable<TarEntry>) {
      const name = entry.header.name.replace(/^\.?\/+/, '').replace(/\/+$/, '');
      entries.set(`/${name}`, await entryOf(entry.header, entry, contents));
    }
  })();
  try {
    await Promise.all([feed, read]);
    await packed.done;
  } catch (error) {
    await packed.done;
    signal?.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure('bad-archive', `${path} cannot be unpacked: ${(error as Error).message}`);
  }
  return { what: 'tar archive', entries };
}

async function entryOf(
  { type, mode, uid, gid, mtime, linkname }: Header,
  bytes: AsyncIterable<Uint8Array>,
  contents: StreamedContents,
): Promise<SideEntry> {
  const content = await contents.take(bytes);
  const owners = { owner: uid, group: gid };
  const known = { mode: mode & 0o7777, ...owners, modified: Math.floor(mtime.getTime() / 1000) };
  switch (type) {
    case 'file':
    case 'contiguous-file':
      return { kind: 'file', ...known, content };
    case 'directory':
      return { kind: 'folder', ...known };
    case 'link':
      return { kind: 'file', ...known, target: linkname };
    case 'symlink':
      return { kind: 'link', ...owners, target: linkname };
    default:
      return { kind: 'device', ...known };
  }
}
