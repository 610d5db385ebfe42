import type { Material, Sha256 } from '../base/index.ts';
import {
  blobsOf,
  readAction,
  readListing,
  type ActionResult,
  type Output,
  type Store,
} from '../store/index.ts';
import type { Subject } from './statement.ts';

/** Artifacts and all that they were made from, through every step before. */
export interface Ancestry {
  /** By key, those asked for first. */
  readonly results: ReadonlyMap<Sha256, ActionResult>;
  /** What came from outside. */
  readonly materials: readonly Material[];
  /** The code of the steps' scripts: files of the project, or of cidermill's package, and packages from npm. */
  readonly scripts: readonly Material[];
  /** Keys of steps whose record the store no longer has: what they were made from is not known. */
  readonly missing: readonly Sha256[];
}

/** Follows the producers of artifacts back to what came from outside. */
export function ancestryOf(store: Store, roots: readonly ActionResult[]): Ancestry {
  const results = new Map<Sha256, ActionResult>();
  const missing: Sha256[] = [];
  const pending = [...roots];
  for (let result = pending.shift(); result !== undefined; result = pending.shift()) {
    if (results.has(result.key)) continue;
    results.set(result.key, result);
    for (const key of Object.values(result.producers)) {
      const producer = readAction(store, key);
      if (producer !== undefined) pending.push(producer);
      else missing.push(key);
    }
  }
  const materials = [...results.values()].flatMap((each) => [
    ...Object.values(each.materials).flat(),
    ...userFiles(each),
  ]);
  return { results, materials, scripts: [...results.values()].flatMap(scriptsOf), missing };
}

/** What an npm package's digest is of, the store alone defines: it is told in the internal parameters. */
function scriptsOf({ action }: ActionResult): Material[] {
  // An entry that an earlier version wrote may say less.
  const { modules = {}, packages = {} } = action as Partial<ActionResult['action']>;
  return [
    ...Object.entries(modules).map(([path, sha256]) => ({ uri: `project:${path}`, digest: { sha256 } })),
    ...Object.keys(packages).map((name) => ({ uri: npmUrl(name), digest: {} })),
  ];
}

/** @param name `name@version` */
function npmUrl(name: string): string {
  const at = name.lastIndexOf('@');
  const path = name.slice(0, at).split('/').map(encodeURIComponent).join('/');
  return `pkg:npm/${path}@${encodeURIComponent(name.slice(at + 1))}`;
}

/** Inputs that no step made: files of the user's, by the input's name. */
function userFiles(result: ActionResult): Material[] {
  return Object.entries(result.action.inputs)
    .filter(([name]) => !Object.hasOwn(result.producers, name))
    .map(([name, word]) => ({ uri: `user:${name}`, digest: { sha256: word.slice(word.indexOf(':') + 1) } }));
}

/** Every file of an output: its path in the artifact, and its digest. */
export function filesOf(store: Store, output: Output, path = output.path): Subject[] {
  if (output.type === 'file') return [{ name: path, digest: { sha256: output.digest } }];
  return readListing(store, output.digest).flatMap((entry) =>
    entry.type === 'file'
      ? [{ name: `${path.replace(/\/$/, '')}/${entry.path}`, digest: { sha256: entry.digest } }]
      : [],
  );
}

/** Does an artifact hold this file? */
export function holds(store: Store, result: ActionResult, digest: string): boolean {
  return Object.values(result.outputs).some((output) =>
    blobsOf(store, output).some((blob) => blob.digest === digest),
  );
}
