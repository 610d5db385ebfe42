import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder, type Store } from '../../store/index.ts';

/** Where folders of failed steps are kept until `gc` removes them. */
function failedFolder(store: Store): string {
  return join(store.root, 'failed');
}

/**
 * Moves the folder of a step that failed to where no session clears it away.
 * @param name the beginning of its new name
 * @returns its new place, absolute
 */
export async function keepFailed(store: Store, folder: string, name: string): Promise<string> {
  const kept = join(failedFolder(store), `${name}-${Date.now().toString(36)}`);
  await mkdir(failedFolder(store), { recursive: true });
  await rename(folder, kept);
  return kept;
}

/** Removes all that was kept so. */
export async function dropFailed(store: Store): Promise<void> {
  await removeFolder(failedFolder(store));
}
