import type { Sha256 } from '../base/index.ts';
import { run } from '../host/programs/program.ts';
import { blobPath, hasSoundBlob, openMemo, type Store } from '../store/index.ts';

/**
 * What a package's own copyright file says of its licences, in Debian's short names.
 * @returns [] when the package is not in the store, or its file is not machine-readable
 */
export async function packageLicences(
  store: Store,
  sha256: Sha256,
  name: string,
): Promise<readonly string[]> {
  const memo = openMemo(store, 'licences');
  const known = memo.get(sha256);
  if (known !== undefined) return JSON.parse(known) as string[];
  if (!(await hasSoundBlob(store, { digest: sha256 }))) return [];
  const licences = readLicences(await copyrightFile(blobPath(store, sha256), name));
  await memo.set(sha256, JSON.stringify(licences));
  return licences;
}

/** The short names in a machine-readable copyright file (DEP-5, "License" fields); sorted. */
export function readLicences(text: string): string[] {
  if (!/^Format:\s*\S*copyright-format/m.test(text)) return [];
  const names = [...text.matchAll(/^License:[ \t]*(\S[^\n]*)$/gm)].flatMap((match) =>
    (match[1] ?? '').split(/\s+(?:and|or)\s+|\s*,\s*(?:and|or)?\s*|\s+with\s+.*$/i),
  );
  return [...new Set(names.map((each) => each.trim()).filter((each) => /^[\w.+-]{1,64}$/.test(each)))].sort();
}

/** A copyright file is text of some KB; one that is a link to another package's has none of its own. */
async function copyrightFile(deb: string, name: string): Promise<string> {
  const path = `./usr/share/doc/${name}/copyright`;
  const script = 'dpkg-deb --fsys-tarfile "$1" | tar -xO "$2"';
  const ended = await run('sh', ['-c', script, 'sh', deb, path], { limit: 16 << 20 }).catch(() => undefined);
  return ended?.exitCode === 0 ? ended.stdout : '';
}
