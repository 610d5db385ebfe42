import type { Sha256 } from '../../base/index.ts';
import { blobsOf, type ActionResult } from './actions.ts';
import type { Store } from '../layout.ts';
import { DamagedBlob } from '../blobs/sound.ts';

/** What an action says of what it was given (src/engine/action.ts); an entry of a bundle may say less. */
interface Given {
  readonly sources?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly environment?: { readonly root?: string };
}

/**
 * The actions that made something damaged, or were made from it, directly or through other steps: their outputs may be
 * wrong even where they are what their digests say.
 */
export function taintedBy(
  store: Store,
  entries: readonly ActionResult[],
  damaged: { readonly blobs: readonly Sha256[]; readonly trees: readonly Sha256[] },
): Sha256[] {
  if (damaged.blobs.length + damaged.trees.length === 0) return [];
  const blobs = new Set<string>(damaged.blobs);
  const given = new Set<string>([...damaged.blobs, ...damaged.trees]);
  const tainted = new Set<string>();
  for (const entry of entries)
    for (const output of Object.values(entry.outputs)) {
      const parts = digestsIn(() => blobsOf(store, output).map(({ digest }) => digest)) ?? [output.digest];
      if (!parts.some((digest) => blobs.has(digest))) continue;
      given.add(output.digest);
      tainted.add(entry.key);
    }
  for (let before = -1; before !== tainted.size;) {
    before = tainted.size;
    for (const entry of entries) {
      const isTainted =
        givenTo(entry).some((digest) => given.has(digest)) ||
        Object.values(entry.producers).some((producer) => tainted.has(producer));
      if (isTainted) tainted.add(entry.key);
    }
  }
  return entries.map(({ key }) => key).filter((key) => tainted.has(key));
}

/** The digests of what an action was given. A word is "file:DIGEST" or a digest alone. */
function givenTo({ action, materials }: ActionResult): string[] {
  const { sources = {}, inputs = {}, environment } = action as Given;
  const words = [...Object.values(sources), ...Object.values(inputs), environment?.root ?? ''];
  return [
    ...words.map((word) => word.slice(word.indexOf(':') + 1)),
    ...Object.values(materials).flatMap((list) => list.flatMap(({ digest }) => Object.values(digest))),
  ];
}

/** Undefined when a listing cannot be read. */
function digestsIn(read: () => Sha256[]): Sha256[] | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedBlob) return undefined;
    throw error;
  }
}
