import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { makeOverlay } from '../../formats/qcow2/index.ts';
import type { Project } from '../../recipe/index.ts';
import { checkChain, findProduct, pullProduct, showReference, wordOf } from '../../registry/index.ts';
import { openView } from '../../registry/packs/disk-view.ts';
import { ignoreArtifacts } from '../../store/index.ts';
import { byRename } from '../../image/index.ts';
import { withProgress } from '../reporters/progress-line.ts';
import { withRemote, type RemoteFlags } from './remote-options.ts';

/** A product of a registry as it lies here: nothing writes to it. */
export interface Base {
  /** Absolute. */
  readonly folder: string;
  /** Of its manifest. */
  readonly digest: string;
}

/**
 * Pulls a product into the project's artifacts, where that version is not there yet. What its tag holds is asked every
 * time; a reference with a digest that is there needs no network.
 */
export async function pullOnce(
  project: Project,
  reference: string,
  flags: RemoteFlags & { readonly trust?: string | undefined },
  signal: AbortSignal,
): Promise<Base> {
  const artifacts = join(project.root, 'artifacts');
  const place = (digest: string): string => join(artifacts, '.pulled', digest.slice('sha256:'.length, 23));
  return withRemote(reference, flags, { signal }, async (remote, parsed) => {
    const known = parsed.digest === undefined ? undefined : place(parsed.digest);
    if (parsed.digest !== undefined && known !== undefined && flags.trust === undefined && existsSync(known))
      return { folder: known, digest: parsed.digest };
    const found = await findProduct(remote, wordOf(parsed));
    if (found === undefined) throw new Failure('not-found', `there is no ${showReference(parsed)}`);
    const output = place(found.digest);
    await mkdir(join(artifacts, '.pulled'), { recursive: true });
    ignoreArtifacts(artifacts);
    await withProgress('pull', (onProgress) =>
      pullProduct(remote, found, {
        reference,
        output,
        signal,
        onProgress,
        check: async (folder) => {
          await checkChain(folder, found, { trust: flags.trust });
        },
      }),
    );
    return { folder: output, digest: found.digest };
  });
}

/** The one qcow2 image of a product. @throws Failure 'usage' when it has none, or several */
export function baseDisk({ folder }: Base): string {
  const images = readdirSync(folder).filter((name) => name.endsWith('.qcow2'));
  const [only] = images;
  if (only !== undefined && images.length === 1) return join(folder, only);
  throw new Failure(
    'usage',
    images.length === 0 ? `${folder} has no qcow2 image` : `${folder} has several: ${images.join(', ')}`,
  );
}

/**
 * The disk that takes what a guest writes, on top of the product's: made empty the first time, and kept.
 * @returns its path, absolute
 */
export async function overlayOf(base: Base): Promise<string> {
  const overlay = `${base.folder}.qcow2`;
  if (existsSync(overlay)) return overlay;
  const backing = baseDisk(base);
  const view = await openView(backing);
  try {
    const bytes = makeOverlay({
      size: view.size,
      backing,
      backingFormat: view.view === 'qcow2' ? 'qcow2' : 'raw',
    });
    await byRename(overlay, (partial) => writeFile(partial, bytes));
  } finally {
    await view.close();
  }
  return overlay;
}
