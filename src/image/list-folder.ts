import {
  childrenOf,
  fieldsOf,
  isSymlink,
  linkTarget,
  openData,
  openFork,
  pathName,
  unixTime,
  type Entry,
  type HfsVolume,
} from '../formats/hfsplus/index.ts';

/** What there is to know of a file or folder; of a hard link, of what it leads to. */
export interface ListedEntry {
  /** From the folder that is listed. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Octal, with the kind: 100644. */
  readonly mode: string;
  readonly owner: number;
  readonly group: number;
  /** Of the data, decoded; 0 of a folder. */
  readonly size: number;
  /** Of the resource fork, as it is stored. */
  readonly resourceSize: number;
  /** ISO 8601; absent when it was never set. */
  readonly created?: string;
  readonly modified?: string;
  /** Of symbolic links. */
  readonly target?: string;
  /** The catalog node id; names with one id are hard links. */
  readonly id: number;
  readonly attributes: readonly string[];
}

/** Lists a folder, or a file by itself. Hard links to folders are not descended into: they can make circles. */
export async function* listFolder(
  volume: HfsVolume,
  entry: Entry,
  recursive: boolean,
): AsyncGenerator<ListedEntry> {
  if (linkTarget(volume, entry).kind === 'file') {
    yield describe(volume, entry, pathName(entry.name));
    return;
  }
  const open = [{ folder: entry, prefix: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const below: typeof open = [];
    for (const child of childrenOf(volume, next.folder)) {
      const path = next.prefix + pathName(child.name);
      yield describe(volume, child, path);
      if (recursive && child.kind === 'folder') below.push({ folder: child, prefix: `${path}/` });
    }
    open.push(...below.reverse());
  }
}

const longestTarget = 1024;

async function describe(volume: HfsVolume, entry: Entry, path: string): Promise<ListedEntry> {
  const target = linkTarget(volume, entry);
  const { mode, owner, group, createDate, contentModDate } = fieldsOf(target);
  const file = target.kind === 'file';
  const link = file && isSymlink(target);
  const data = file ? await openData(volume, target) : undefined;
  const words =
    link && data !== undefined ? await data.read(0, Math.min(data.size, longestTarget)) : undefined;
  const date = (seconds: number | undefined): string | undefined =>
    seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
  const [created, modified] = [date(unixTime(createDate)), date(unixTime(contentModDate))];
  return {
    path,
    kind: link ? 'link' : target.kind,
    mode: mode.toString(8).padStart(6, '0'),
    owner,
    group,
    size: data?.size ?? 0,
    resourceSize: file ? openFork(volume, target, 'resource').size : 0,
    ...(created === undefined ? {} : { created }),
    ...(modified === undefined ? {} : { modified }),
    ...(words === undefined ? {} : { target: Buffer.from(words).toString('utf8') }),
    id: target.id,
    attributes: [...(volume.attributes.get(target.id)?.keys() ?? [])],
  };
}
