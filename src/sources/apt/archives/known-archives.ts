import { aptArchives } from './apt-host.ts';
import { partOfRoot, withSlash, type Archive } from './archive.ts';
import { toolArchives } from './tool-defaults.ts';
import { isSnapshot } from './snapshots.ts';

/** The archives that are known on this host, in the order in which they are asked. */
export interface KnownArchives {
  readonly mirrors: readonly Archive[];
  readonly snapshots: readonly Archive[];
}

/**
 * Lists the archives that files may be taken from by their digests: those of the project's own setting, then those of
 * the host's apt. Where neither names one of a part, what mmdebstrap or debootstrap has as its default. No list of
 * packages and no key is needed.
 * @param setting `mirrors` of cidermill.yaml
 */
export async function knownArchives(setting: readonly string[] = []): Promise<KnownArchives> {
  const own = setting.map((root): Archive => ({ root: withSlash(root), from: 'cidermill.yaml' }));
  const named = [...own, ...(await aptArchives())];
  const parts = new Set(named.filter(({ root }) => !isSnapshot(root)).map(({ root }) => partOfRoot(root)));
  const defaults = toolArchives().filter(({ root }) => !parts.has(partOfRoot(root)));
  const all = distinct([...named, ...defaults]);
  return {
    mirrors: all.filter(({ root }) => !isSnapshot(root)),
    snapshots: distinct(all.filter(({ root }) => isSnapshot(root)).flatMap(withSibling)),
  };
}

/** A snapshot archive has the security archive beside the main one: /archive/debian/DATE/, /archive/debian-security/DATE/. */
function withSibling(archive: Archive): Archive[] {
  const root = archive.root.replace(/\/debian\/(?=@SNAPSHOTID@\/)/, '/debian-security/');
  return root === archive.root ? [archive] : [archive, { ...archive, root }];
}

function distinct(archives: readonly Archive[]): Archive[] {
  return [...new Map(archives.toReversed().map((one) => [one.root, one])).values()].reverse();
}
