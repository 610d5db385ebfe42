import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { Failure, uniqueName } from '../base/index.ts';
import type { Compression } from './archive-name.ts';
import { decompress } from './decompress.ts';
import { checkLinks, type Keep } from './links.ts';
import { hostile } from './safe-path.ts';
import { UnpackedTree, type Entry, type UnpackLimits } from './unpacked-tree.ts';

const generous: UnpackLimits = { size: 32 * 2 ** 30, entries: 1_000_000 };

/**
 * Unpacks a tar archive into an empty folder. When all of it lies in one top folder, that folder is left out.
 * Executable bits and times are kept, owners and other modes are not (files 0644 or 0755).
 * What would leave the tree is refused: absolute names, "..", links out, names through links, links that an entry
 * replaces; and so are devices, pipes and whatever is not a file, a folder or a link.
 * @param more.keep which entries, by their paths below the top folder; the archive must then have one
 * @throws Failure 'hostile-archive', 'hostile-tree' or 'bad-archive'; the folder is then not to be used
 */
export async function unpackArchive(
  path: string,
  compression: Compression,
  folder: string,
  more: {
    readonly limits?: UnpackLimits;
    readonly signal?: AbortSignal | undefined;
    readonly keep?: Keep | undefined;
  } = {},
): Promise<void> {
  const work = join(folder, `.unpack-${uniqueName()}`);
  mkdirSync(work);
  const tree = new UnpackedTree(work, more.limits ?? generous, more.keep);
  // Old archives have no magic number; their headers' checksums are checked all the same.
  const entries = extract({ allowUnknownFormat: true } as object);
  const source = await decompress(path, compression);
  const feed = pipeline(
    source.stream,
    (bytes: AsyncIterable<Buffer>) => withoutTail(bytes, tree),
    entries,
    ...(more.signal === undefined ? [] : [{ signal: more.signal }]),
  );
  const read = (async () => {
    for await (const entry of entries as unknown as AsyncIterable<Entry>) await tree.add(entry);
  })();
  const ends = await Promise.allSettled([read, feed]);
  source.stream.destroy();
  more.signal?.throwIfAborted();
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  // What was refused comes first; then a decompressor's own words rather than "unexpected end of data".
  const refused = faults.find((fault) => fault instanceof Failure);
  if (refused !== undefined) throw refused;
  await source.done;
  if (faults.length > 0) throw explain(faults[0]);
  tree.setFolderTimes();
  settle(work, folder);
}

/** Writers fill an archive up to a block of some KiB or MiB. */
const longestTail = 64 * 2 ** 20;

/** Passes an archive on, as long as its entries account for it. @throws Failure 'hostile-archive' */
async function* withoutTail(bytes: AsyncIterable<Buffer>, tree: UnpackedTree): AsyncGenerator<Buffer> {
  let fed = 0;
  for await (const piece of bytes) {
    fed += piece.length;
    if (fed > tree.accounted + longestTail)
      throw hostile(`more than ${longestTail / 2 ** 20} MiB follow its end, or belong to one of its headers`);
    yield piece;
  }
}

/** Moves what was unpacked up to where it belongs, without the single folder on top. */
function settle(work: string, folder: string): void {
  const top = readdirSync(work, { withFileTypes: true });
  const only = top.length === 1 && top[0]?.isDirectory() === true ? top[0].name : '.';
  const root = join(work, only);
  checkLinks(root);
  for (const name of readdirSync(root)) renameSync(join(root, name), join(folder, name));
  if (only !== '.') rmdirSync(root);
  rmSync(work, { recursive: true });
}

function explain(error: unknown): Error {
  if (error instanceof Failure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // The file system's own codes: the disk is full, or two names are one to it.
  if (code === 'EEXIST') {
    return new Failure('hostile-archive', `two names of the archive are the same file here: ${message}`, {
      hint: 'Unpack it on a file system that tells upper case from lower case.',
    });
  }
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return error as Error;
  return new Failure('bad-archive', `the archive is damaged: ${message}`, { cause: error });
}
