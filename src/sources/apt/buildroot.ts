import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, isSha256 } from '../../base/index.ts';
import { linkBlob } from '../../store/index.ts';
import { fetchFromArchive } from './apt-fetch.ts';
import { aptHost } from './archives/apt-host.ts';
import type { AptSource } from './archives/apt-sources.ts';
import { openApt, type AptState } from './apt-state.ts';
import type { SourceContext } from '../context.ts';
import { whyMissed } from './misses.ts';
import { isoDate } from './archives/snapshots.ts';
import { packagesVanished } from './vanished.ts';
import { fileName, type LockedBuildroot, type LockedPackage } from '../locked.ts';
import { packagesIndex } from './packages-index.ts';
import { lastLines } from '../../host/programs/program.ts';

export interface BuildrootWish {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Debian's name; absent: the host's. */
  readonly architecture?: string;
}

/**
 * Finds the exact packages of a root filesystem: all that are Essential, those asked for, and what they depend on;
 * nothing that is only recommended. Digests come from the suite's signed index.
 * @throws Failure 'unknown-package', 'no-suite'
 */
export async function resolveBuildroot(
  wish: BuildrootWish,
  context: SourceContext,
): Promise<LockedBuildroot> {
  const architecture = wish.architecture ?? (await aptHost()).architecture;
  const apt = await openApt({ suite: wish.suite, kind: 'binary', architecture }, context);
  for (const name of wish.packages) {
    if (!/^[a-z0-9][a-z0-9+.-]+$/.test(name)) {
      throw new Failure('unknown-package', `"${name}" is not the name of a Debian package`);
    }
  }
  const { exitCode, stdout, stderr } = await apt.run('apt-get', await requestOf(apt, wish.packages));
  if (exitCode !== 0) throw unresolvable(wish.suite, stderr);
  const packages = packagesOf(stdout, apt.sources);
  const at = isoDate(Date.now());
  return { kind: 'packages', suite: wish.suite, architecture, at, requested: wish.packages, packages };
}

/** What apt-get is asked for: the addresses of all packages of a root with these in it. */
export async function requestOf(apt: AptState, wanted: readonly string[]): Promise<string[]> {
  // It stands for the folders that are links into /usr from the beginning; else apt takes usrmerge, and all of Perl with it.
  const merged = await apt.run('apt-cache', ['show', 'usr-is-merged']);
  const names = [...wanted, ...(merged.stdout.includes('Package: usr-is-merged') ? ['usr-is-merged'] : [])];
  return ['-qq', 'install', '--yes', '--no-install-recommends', '--print-uris', '?essential', ...names];
}

/** Reads what `apt-get --print-uris` says, sorted by name. @param folders further roots of packages, on this host */
export function packagesOf(
  stdout: string,
  sources: readonly AptSource[],
  folders: readonly string[] = [],
): LockedPackage[] {
  const archives = [...new Set(sources.map((source) => source.uri))].sort((a, b) => b.length - a.length);
  const roots = [...archives, ...folders.map((folder) => `copy:${encodeURI(folder)}/./`)];
  const packages = stdout
    .split('\n')
    .filter((line) => line.startsWith(`'`))
    .map((line) => lockedPackage(line, roots));
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A line of `apt-get --print-uris`: 'address' name_version_architecture.deb size SHA256:digest. */
function lockedPackage(line: string, roots: readonly string[]): LockedPackage {
  const [, uri = '', target = '', size = '', digest = ''] =
    /^'([^']*)' (\S+) (\d+) SHA256:([0-9a-f]{64})$/.exec(line) ?? [];
  const root = roots.find((one) => uri.startsWith(one));
  const [name, version] = target.split('_');
  if (root === undefined || name === undefined || version === undefined || !isSha256(digest)) {
    throw new Failure('apt-failed', `apt gives no SHA-256 for ${line}`);
  }
  const file = decodeURIComponent(uri.slice(root.length));
  return { name, version: decodeURIComponent(version), file, size: Number(size), sha256: digest };
}

function unresolvable(suite: string, said: string): Failure {
  const unknown = [
    ...said.matchAll(/Unable to locate package (\S+)|Package '(\S+)' has no installation candidate/g),
  ];
  const names = unknown.map(([, located, candidate]) => located ?? candidate ?? '');
  return names.length > 0
    ? new Failure('unknown-package', `${suite} has no package ${names.join(', ')}`)
    : new Failure('unresolvable', `apt finds no set of packages in ${suite}:\n${lastLines(said, 12)}`);
}

/** Fetches every package into the store. @throws Failure 'package-vanished' naming the versions and what is offered now */
export async function fetchPackages(locked: LockedBuildroot, context: SourceContext): Promise<void> {
  const what = `packages of ${locked.suite}`;
  const misses = await fetchFromArchive(locked.packages, what, locked.at, context);
  if (misses.files.length === 0) return;
  const why = whyMissed(what, misses, context);
  if (why !== undefined) throw why;
  const digests = new Set(misses.files.map((file) => file.sha256));
  const missing = locked.packages.filter((one) => digests.has(one.sha256));
  throw await packagesVanished(locked, missing, misses, context);
}

/**
 * Makes a folder a Debian repository of exactly these packages: the .deb files, which are in the store, and `Packages`.
 * For mmdebstrap: `deb [trusted=yes] copy:FOLDER ./`.
 */
export async function layOutPackages(
  locked: LockedBuildroot,
  folder: string,
  { store }: SourceContext,
): Promise<void> {
  for (const { file, sha256 } of locked.packages) linkBlob(store, sha256, join(folder, fileName(file)));
  writeFileSync(join(folder, 'Packages'), await packagesIndex(locked.packages, folder));
}
