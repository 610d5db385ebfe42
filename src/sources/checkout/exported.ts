import { putStream, type Store } from '../../store/index.ts';
import type { LockedFile } from '../locked.ts';
import { archiveTree } from '../../archive/tree-archive.ts';
import { treeDigest } from '../../archive/tree-digest.ts';
import type { Sha256 } from '../../base/index.ts';

/** A checkout as the store keeps it. */
export interface ExportedTree {
  readonly tree: Sha256;
  readonly files: readonly [LockedFile];
}

/** Puts an exported folder into the store as one archive that depends on the folder's content alone. */
export async function keepExport(store: Store, folder: string, name: string): Promise<ExportedTree> {
  const tree = treeDigest(folder);
  const { digest, size } = await putStream(store, archiveTree(folder));
  return { tree, files: [{ file: `${name}.tar`, size, sha256: digest }] };
}
