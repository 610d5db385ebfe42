import type { Readable } from 'node:stream';
import type { Sha256 } from '../../base/index.ts';
import { archiveKind } from '../../archive/archive-name.ts';
import { run } from '../../host/programs/program.ts';
import { blobPath, hasSoundBlob, openMemo, type Store } from '../../store/index.ts';
import { eachEntry } from './product-files.ts';

/**
 * What a package's own copyright file says of its licences, in Debian's short names; where its folder of documents is a link
 * to another package's, as libgcc's is to gcc-12-base's, what that one's says.
 * @param others the packages that may be linked to, by name
 * @returns [] when the package is not in the store, or its file names none
 */
export async function packageLicences(
  store: Store,
  sha256: Sha256,
  name: string,
  others: ReadonlyMap<string, Sha256>,
): Promise<readonly string[]> {
  const found = await remembered(store, sha256, async (deb) => {
    const text = await copyrightFile(deb, name);
    return text === '' ? linkedFolder(deb, name) : readLicences(text);
  });
  const [, link] = /^-> (.*)$/.exec(found[0] ?? '') ?? [];
  if (link === undefined) return found;
  const other = others.get(link);
  const linked =
    other === undefined || link === name ? [] : await packageLicences(store, other, link, new Map());
  return linked.filter((each) => !each.startsWith('-> '));
}

/**
 * What an archive of sources says of its licences: SPDX identifiers at the head of its files, and Debian's own copyright file.
 * @param name of the archive's file
 * @returns [] when it is not in the store, or is no tar archive
 */
export async function sourceLicences(store: Store, sha256: Sha256, name: string): Promise<readonly string[]> {
  const kind = archiveKind(name);
  if (kind === undefined) return [];
  return remembered(store, sha256, async (path) => {
    const found = new Set<string>();
    await eachEntry(path, kind, async (file, entry) => {
      const isCopyright = /(^|\/)debian\/copyright$/.test(file);
      const text = await headOf(entry, isCopyright ? 16 << 20 : 4096);
      for (const each of isCopyright ? readLicences(text) : readIdentifiers(text)) found.add(each);
    }).catch(() => undefined);
    return [...found].sort();
  });
}

async function remembered(
  store: Store,
  sha256: Sha256,
  read: (path: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const memo = openMemo(store, 'licences-3');
  const known = memo.get(sha256);
  if (known !== undefined) return JSON.parse(known) as string[];
  if (!(await hasSoundBlob(store, { digest: sha256 }))) return [];
  const licences = await read(blobPath(store, sha256));
  await memo.set(sha256, JSON.stringify(licences));
  return licences;
}

/**
 * The short names in a copyright file: the License fields of a machine-readable one (DEP-5); of another, the licences whose
 * texts in /usr/share/common-licenses it refers to (Debian Policy 12.5). Sorted.
 */
export function readLicences(text: string): string[] {
  if (!/^Format(-Specification)?:\s*\S*(copyright-format|dep5|DEP5|CopyrightFormat)/m.test(text))
    return distinct([...text.matchAll(/\/usr\/share\/common-licenses\/([\w.+-]*[\w+])/g)]);
  const names = [...text.matchAll(/^License:[ \t]*(\S[^\n]*)$/gm)].flatMap((match) =>
    (match[1] ?? '').split(/\s+(?:and|or)\s+|\s*,\s*(?:and|or)?\s*|\s+with\s+.*$/i),
  );
  return distinct(names.map((each) => ['', each.trim()]));
}

/** The identifiers in a file's SPDX-License-Identifier lines, without operators and exceptions; sorted. */
export function readIdentifiers(text: string): string[] {
  const expressions = [...text.matchAll(/SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+() \t-]+)/g)];
  const ids = expressions.flatMap((match) =>
    (match[1] ?? '')
      .replace(/\bWITH\s+\S+/gi, '')
      .split(/\s+(?:AND|OR)\s+|[()]/i)
      .map((each) => /^\s*([A-Za-z0-9][A-Za-z0-9.+-]+)/.exec(each)?.[1] ?? ''),
  );
  return distinct(ids.map((each) => ['', each]));
}

function distinct(matches: readonly (readonly string[])[]): string[] {
  const names = matches.map((match) => match[1] ?? '');
  return [...new Set(names.filter((each) => /^[\w.+-]{1,64}$/.test(each)))].sort();
}

async function headOf(entry: Readable, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of entry) {
    if (size < most) parts.push(part as Buffer);
    size += (part as Buffer).length;
  }
  return Buffer.concat(parts).subarray(0, most).toString('latin1');
}

/** ["-> PACKAGE"] where the folder with the copyright file is a link to another package's. */
async function linkedFolder(deb: string, name: string): Promise<string[]> {
  const script = 'dpkg-deb --fsys-tarfile "$1" | tar -tv "$2"';
  const args = ['-c', script, 'sh', deb, `./usr/share/doc/${name}`];
  const ended = await run('sh', args, { limit: 1 << 20 }).catch(() => undefined);
  const [, target] = / -> ([a-z0-9][a-z0-9+.-]*)$/m.exec(ended?.stdout ?? '') ?? [];
  return target === undefined ? [] : [`-> ${target}`];
}

/** A copyright file is text of some KB; "" where none exists. */
async function copyrightFile(deb: string, name: string): Promise<string> {
  const path = `./usr/share/doc/${name}/copyright`;
  const script = 'dpkg-deb --fsys-tarfile "$1" | tar -xO "$2"';
  const ended = await run('sh', ['-c', script, 'sh', deb, path], { limit: 16 << 20 }).catch(() => undefined);
  return ended?.exitCode === 0 ? ended.stdout : '';
}
