import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { canonicalJson, type Json } from '../../base/index.ts';
import { packageRoot } from '../../host/index.ts';
import type { ResolvedStep } from '../../engine/decide.ts';
import type { Choice } from '../../engine/sources/choices.ts';
import { scriptPlace, scriptSources } from '../../engine/script/ready-script.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { LockedOrigin, Origin } from '../../sources/index.ts';
import { renderLockfile } from '../../sources/lock/render.ts';
import {
  hashFile,
  listOutput,
  putBytes,
  type Blob,
  type ListingEntry,
  type Store,
} from '../../store/index.ts';

/**
 * What a worker needs beside the action: where the script's files and the sources are. It decides nothing: the digests of
 * the action do.
 */
export interface Parcel {
  /** The listing of the project's files; absent for a recipe that comes with the package. */
  readonly project?: Blob;
  /** What else the script may load, as its recipe declares it. */
  readonly scriptFiles: readonly string[];
  /** Source → its origin, as a recipe writes it. */
  readonly origins: Readonly<Record<string, Json>>;
  /** A lockfile that pins them, as "step.SOURCE". */
  readonly lock: string;
}

/** A parcel, and all that a worker takes from the cache to open it. Its own blob is the first. */
export interface Packed {
  readonly parcel: Blob;
  readonly blobs: readonly Blob[];
  /** The files that blobs are of, absolute, for those that the store may not have. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Packs what a worker needs of a step.
 * @returns undefined for a step that needs what only this machine has: a module from outside of the project
 * @throws Failure 'bad-script', 'bad-output' for a local source with a link that leaves it
 */
export async function packParcel(store: Store, resolved: ResolvedStep): Promise<Packed | undefined> {
  const { step, choice } = resolved;
  const { recipe } = step;
  const files = new Map<string, string>();
  let project: Blob | undefined;
  const entries: ListingEntry[] = [];
  if (recipe.root !== packageRoot) {
    const found = await projectEntries(recipe, choice, files);
    if (found === undefined) return undefined;
    entries.push(...found);
    project = await putBytes(store, canonicalJson(found));
  }
  const parcel: Parcel = {
    ...(project === undefined ? {} : { project }),
    scriptFiles: recipe.scriptFiles.value,
    origins: Object.fromEntries(
      [...choice].flatMap(([name, one]) =>
        one.kind === 'packages' ? [] : [[name, writtenOrigin(one.origin)]],
      ),
    ),
    lock: lockOf(choice),
  };
  const own = await putBytes(store, canonicalJson(parcel as unknown as Json));
  const blobs = entries.flatMap((entry) =>
    entry.type === 'file' ? [{ digest: entry.digest, size: entry.size }] : [],
  );
  return { parcel: own, blobs: [own, ...(project === undefined ? [] : [project]), ...blobs], files };
}

/** The name that a source has in a parcel's lockfile. */
export function lockedName(source: string): string {
  return `step.${source}`;
}

function lockOf(choice: Choice): string {
  const sources = [...choice].flatMap(([name, one]): [string, LockedOrigin[]][] =>
    one.kind === 'packages' || one.kind === 'local' ? [] : [[lockedName(name), [one]]],
  );
  return renderLockfile({ sources: new Map(sources), buildroots: new Map() });
}

/** An origin as a recipe writes it: what reads recipes reads it again. */
function writtenOrigin(origin: Origin): Json {
  const only = origin.only === undefined ? {} : { only: origin.only };
  switch (origin.kind) {
    case 'debian': {
      const suite = origin.suite === undefined ? {} : { suite: origin.suite };
      return { debian: `${origin.package}@${origin.version}`, ...suite, ...only };
    }
    case 'url': {
      const mirrors = origin.mirrors.length === 0 ? {} : { mirrors: origin.mirrors };
      return { url: origin.url, ...mirrors, unpack: origin.unpack, ...only };
    }
    case 'git':
      return { git: origin.repository, revision: origin.revision, ...only };
    case 'svn':
      return { svn: origin.repository, revision: origin.revision, ...only };
    case 'local':
      return { local: origin.path, ...only };
  }
}

/** The script with all it imports, what its recipe declares beside it, and local sources; as a listing has them. */
async function projectEntries(
  recipe: Recipe,
  choice: Choice,
  files: Map<string, string>,
): Promise<ListingEntry[] | undefined> {
  const place = scriptPlace(recipe);
  const found = new Map<string, ListingEntry>();
  const addFile = async (path: string): Promise<void> => {
    const whole = join(place.root, path);
    const blob = await hashFile(whole);
    files.set(blob.digest, whole);
    const executable = ((await lstat(whole)).mode & 0o111) !== 0;
    found.set(path, { type: 'file', path, executable, ...blob });
  };
  for (const source of await scriptSources(place)) {
    const path = relative(place.root, source);
    if (path.startsWith('..')) return undefined;
    await addFile(path);
  }
  if (existsSync(join(place.root, 'package.json'))) await addFile('package.json');
  for (const one of choice.values()) {
    if (one.kind !== 'local') continue;
    // A folder of the user's own has no place in the project.
    if (one.origin.folder !== undefined) return undefined;
    const path = one.origin.path.replace(/\/+$/, '');
    const isFolder = (await lstat(join(place.root, path))).isDirectory();
    if (!isFolder) await addFile(path);
    else {
      found.set(path, { type: 'directory', path });
      for (const entry of await listOutput(place.root, `${path}/`)) {
        const below = `${path}/${entry.path}`;
        found.set(below, { ...entry, path: below });
        if (entry.type === 'file') files.set(entry.digest, join(place.root, below));
      }
    }
  }
  for (const path of [...found.keys()])
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1))
      if (!found.has(path.slice(0, slash)))
        found.set(path.slice(0, slash), { type: 'directory', path: path.slice(0, slash) });
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
