import { lstatSync, readlinkSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { ignoreArtifacts, isSessionName, removeFolder, withLock } from '../../store/index.ts';
import { isUntouched } from './product-stamp.ts';

/** Where a product lies: `<artifacts>/<name>` is a link to a folder in `<artifacts>/.products/<name>`. */
export interface ProductPlace {
  /** Absolute. */
  readonly link: string;
  /** Absolute: holds one folder for each content, named by the first digits of its digest. */
  readonly folder: string;
  /** What the link points at, relative to artifacts; undefined when none exists. */
  readonly current: string | undefined;
}

/** @throws Failure 'product-path-taken' when something that is not a product's link is in its place */
export function productPlace(artifacts: string, name: string): ProductPlace {
  const link = join(artifacts, name);
  const folder = join(artifacts, '.products', name);
  const stat = lstatSync(link, { throwIfNoEntry: false });
  if (stat === undefined) return { link, folder, current: undefined };
  const current = stat.isSymbolicLink() ? readlinkSync(link) : undefined;
  if (current?.startsWith(join('.products', name, '/')) === true) return { link, folder, current };
  const what = stat.isSymbolicLink() ? 'a link' : stat.isDirectory() ? 'a folder' : 'a file';
  throw new Failure('product-path-taken', `${link} is ${what} that cidermill did not make`, {
    hint: `The product ${name} is published under that name. Move yours away, or rename the product.`,
  });
}

/**
 * Does something while no other process changes the products of this folder, whichever store it uses.
 * Where files cannot be locked, every single change is still one that appears whole.
 */
export async function withProducts<T>(artifacts: string, work: () => Promise<T>): Promise<T> {
  await mkdir(join(artifacts, '.products'), { recursive: true });
  ignoreArtifacts(artifacts);
  const state = { begun: false };
  const once = (): Promise<T> => {
    state.begun = true;
    return work();
  };
  try {
    return await withLock(join(artifacts, '.products', '.lock'), once);
  } catch (error) {
    if (!state.begun && error instanceof Failure && error.code === 'lock-failed') return work();
    throw error;
  }
}

/** Begins the names of what is in the making in a product's folder; a session's name follows. */
export const partialNames = ['new', 'link', 'restored'] as const;

/**
 * Removes what runs that were killed have left in a product's folder: parts, and older contents that nobody changed.
 * @param keep the folder's newest content
 */
export async function sweepProduct(folder: string, keep: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (isPartial(name)) await removeFolder(path);
    else if (/^[0-9a-f]{16}$/.test(name) && name !== keep && (await isUntouched(path)))
      await removeFolder(path);
  }
}

function isPartial(name: string): boolean {
  const [kind = '', session = ''] = name.split('.');
  const known = (partialNames as readonly string[]).includes(kind) || /^[0-9a-f]{16}$/.test(kind);
  return known && isSessionName(session);
}
