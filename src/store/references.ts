import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../base/index.ts';
import { blobsOf, readAction, type ActionResult } from './actions.ts';
import type { Store } from './layout.ts';

/** The keys of all actions in the store. */
export function actionKeys(store: Store): Sha256[] {
  return namesBelow(join(store.root, 'ac')).map((name) => name.replace(/\.json$/, '') as Sha256);
}

/** The digests of all blobs in the store. */
export function blobDigests(store: Store): Sha256[] {
  return namesBelow(join(store.root, 'cas')) as Sha256[];
}

/** The names of the files two folders down. */
function namesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((part) => readdirSync(join(folder, part)));
}

/** Every blob that a result needs: its outputs, its log, its script's modules. */
export function blobsOfResult(store: Store, result: ActionResult): Set<Sha256> {
  const { modules } = result.action as { readonly modules?: Readonly<Record<string, Sha256>> };
  return new Set([
    result.log,
    ...Object.values(modules ?? {}),
    ...Object.values(result.outputs).flatMap((output) => blobsOf(store, output).map((blob) => blob.digest)),
  ]);
}

/** The results that are whole. */
export function wholeResults(store: Store): ActionResult[] {
  return actionKeys(store).flatMap((key) => readAction(store, key) ?? []);
}
