import { isRecord, isSha256 } from '../../base/index.ts';
import { isInnerLink } from './inner-link.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What is wrong with a directory's listing that came from outside, as the end of a sentence; undefined for one that
 * `putOutput` could have written. Laying such a one out writes nowhere but into its folder.
 */
export function listingFault(listing: unknown): string | undefined {
  if (!Array.isArray(listing)) return 'is not a list';
  const types = new Map<string, unknown>();
  for (const entry of listing as unknown[]) {
    const path = isRecord(entry) ? entry['path'] : undefined;
    if (!isRecord(entry) || !isSafePath(path)) return 'has an entry without a path inside it';
    const { type } = entry;
    if (types.has(path)) return `has ${path} twice`;
    types.set(path, type);
    const sound =
      type === 'directory' ||
      (type === 'file' && isStoredFile(entry)) ||
      (type === 'symlink' && typeof entry['target'] === 'string' && isInnerLink(path, entry['target']));
    if (!sound) return `has an invalid entry ${path}`;
  }
  for (const path of types.keys()) {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const above = types.get(path.slice(0, slash));
      if (above !== undefined && above !== 'directory')
        return `has ${path} below something that is not a folder`;
    }
  }
  return undefined;
}

/** What is wrong with an artifact's outputs, as a listing's fault. */
export function outputsFault(outputs: unknown): string | undefined {
  if (!isRecord(outputs)) return 'has no outputs';
  for (const [name, output] of Object.entries(outputs)) {
    if (!isRecord(output) || typeof output['path'] !== 'string') return `has an invalid output ${name}`;
    const { type, path } = output;
    const inside = type === 'directory' ? path.replace(/\/$/, '') : path;
    const sound = isSafePath(inside) && isBlob(output) && (type === 'directory' || isStoredFile(output));
    if (!sound || (type !== 'file' && type !== 'directory')) return `has an invalid output ${name}`;
  }
  return undefined;
}

function isStoredFile(entry: Fields): boolean {
  return isBlob(entry) && typeof entry['executable'] === 'boolean';
}

function isBlob({ digest, size }: Fields): boolean {
  return typeof digest === 'string' && isSha256(digest) && Number.isSafeInteger(size) && Number(size) >= 0;
}

function isSafePath(path: unknown): path is string {
  if (typeof path !== 'string' || path.includes('\0')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
