import type { Sha256 } from '../../base/index.ts';
import { run } from '../../host/programs/program.ts';
import { blobPath, hasSoundBlob, type Store } from '../../store/index.ts';

/** What a .deb file says of itself. */
export interface PackageFacts {
  /** MD5 → path, as its md5sums lists them (deb-md5sums(5)). */
  readonly files: ReadonlyMap<string, string>;
  /** Names of packages that it depends on, alternatives included. */
  readonly depends: readonly string[];
}

/** Undefined when the package is not in the store or cannot be read. */
export async function packageFacts(store: Store, sha256: Sha256): Promise<PackageFacts | undefined> {
  if (!(await hasSoundBlob(store, { digest: sha256 }))) return undefined;
  const script = 'dpkg-deb -f "$1" Pre-Depends Depends; echo; dpkg-deb -I "$1" md5sums 2>/dev/null || true';
  const ended = await run('sh', ['-c', script, 'sh', blobPath(store, sha256)], { limit: 64 << 20 }).catch(
    () => undefined,
  );
  if (ended?.exitCode !== 0) return undefined;
  const [fields, sums] = split(ended.stdout);
  return { files: readSums(sums), depends: readDepends(fields) };
}

function split(text: string): [string, string] {
  const end = text.search(/^$/m);
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}

/** Lines of a digest, two spaces and a path without its leading "/". */
export function readSums(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^([0-9a-f]{32}) [ *](\S.*)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

/** Names in Depends fields (deb-control(5)), without versions and architectures. */
export function readDepends(fields: string): string[] {
  const lists = fields.replace(/\n[ \t]+/g, ' ').matchAll(/^(?:Pre-)?Depends:\s*(.*)$/gm);
  const names = [...lists].flatMap((match) => (match[1] ?? '').split(/[,|]/));
  return [
    ...new Set(names.map((each) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(each)?.[1] ?? '').filter(Boolean)),
  ].sort();
}
