import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSha256, type Sha256 } from '../../base/index.ts';
import { blobsOf, readAction, type ActionResult } from './actions.ts';
import { ownLayer, type Store } from '../layout.ts';

/** What a part of the store holds: what is named as its things are, and paths of anything else. */
export interface Contents {
  readonly names: readonly Sha256[];
  /** Absolute. */
  readonly strays: readonly string[];
}

/** The actions in the store itself, by key. */
export function actionKeys(store: Store): Contents {
  return contentsOf(join(store.root, 'ac'), '.json');
}

/** The blobs in the store itself, by digest. */
export function blobDigests(store: Store): Contents {
  return contentsOf(join(store.root, 'cas'), '');
}

/** The files two folders down that are named by a digest, each below its first two digits. */
function contentsOf(folder: string, ending: string): Contents {
  const [names, strays]: [Sha256[], string[]] = [[], []];
  for (const part of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, part.name);
    if (!part.isDirectory() || !/^[0-9a-f]{2}$/.test(part.name)) {
      strays.push(path);
      continue;
    }
    for (const file of readdirSync(path, { withFileTypes: true })) {
      const name = file.name.endsWith(ending) ? file.name.slice(0, file.name.length - ending.length) : '';
      if (file.isFile() && isSha256(name) && name.startsWith(part.name)) names.push(name);
      else strays.push(join(path, file.name));
    }
  }
  return { names, strays };
}

/** The trees in the store itself, by digest. */
export function treeDigests(store: Store): Contents {
  const folder = join(store.root, 'trees');
  const [names, strays]: [Sha256[], string[]] = [[], []];
  const entries = readdirSync(folder, { withFileTypes: true });
  const trees = new Set(entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name));
  for (const entry of entries) {
    const { name } = entry;
    if (entry.isDirectory() && isSha256(name)) names.push(name);
    else if (!(name.endsWith('.seal') && trees.has(name.slice(0, -'.seal'.length))))
      strays.push(join(folder, name));
  }
  return { names, strays };
}

/** Every blob that a result needs: its outputs, its log, its script's modules. The result is whole. */
export function blobsOfResult(store: Store, result: ActionResult): Set<Sha256> {
  const { modules } = result.action as { readonly modules?: Readonly<Record<string, Sha256>> };
  return new Set([
    result.log,
    ...Object.values(modules ?? {}),
    ...Object.values(result.outputs).flatMap((output) => blobsOf(store, output).map((blob) => blob.digest)),
  ]);
}

/** The results in the store, and in the one below it, that are whole. */
export function wholeResults(store: Store): ActionResult[] {
  const below = store.below === undefined ? [] : wholeResults(store.below);
  const own = actionKeys(ownLayer(store)).names.flatMap((key) => readAction(store, key) ?? []);
  const keys = new Set(own.map(({ key }) => key));
  return [...own, ...below.filter(({ key }) => !keys.has(key))];
}

/** The size of a blob of the store itself; 0 for one that is gone meanwhile. */
export function sizeOfFile(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
