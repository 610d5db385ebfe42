import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, isSha256 } from '../../base/index.ts';
import { blobPath, linkBlob, removeFolder, temporaryFolder } from '../../store/index.ts';
import { fetchFromArchive } from './apt-fetch.ts';
import { parseStanzas } from './archives/apt-sources.ts';
import { openApt } from './apt-state.ts';
import { whyMissed } from './misses.ts';
import { isoDate } from './archives/snapshots.ts';
import { waysOut } from './vanished.ts';
import { archiveKind } from '../../archive/archive-name.ts';
import { relockHint, type SourceContext } from '../context.ts';
import { compareVersions, hasDebianRevision, upstreamVersion } from './debian-version.ts';
import { checkLinks } from '../../archive/links.ts';
import { fileName, type LockedFile, type LockedOrigin } from '../locked.ts';
import { keepOnly, takeTree } from '../../archive/only.ts';
import { originText, type DebianOrigin } from '../origin.ts';
import { run, runWell } from '../../host/programs/program.ts';
import { unpackArchive } from '../../archive/unpack.ts';

type LockedDebian = Extract<LockedOrigin, { kind: 'debian' }>;

/** Finds the package in the suite's signed index, whose digests are then those of the lock. Fetches no file of it. */
export async function lockDebian(origin: DebianOrigin, context: SourceContext): Promise<LockedDebian> {
  const offered = await offeredSources(origin, context);
  const whole = hasDebianRevision(origin.version);
  const found = offered.find(
    (one) => origin.version === (whole ? one.version : upstreamVersion(one.version)),
  );
  if (found === undefined) throw notOffered(origin, offered, context);
  const files = whole ? found.files : found.files.filter((file) => isUpstreamTarball(file.file));
  if (files.length === 0) throw new Failure('no-source', `${originText(origin)} has no upstream tarball`);
  return { kind: 'debian', origin, files, at: isoDate(Date.now()) };
}

/**
 * Pins the newest version that the suite offers in place of one that vanished.
 * @throws Failure 'no-source' when it offers none
 */
export async function lockOffered(origin: DebianOrigin, context: SourceContext): Promise<LockedDebian> {
  const offered = await offeredSources(origin, context);
  let newest: OfferedSource | undefined;
  for (const one of offered)
    if (newest === undefined || (await isNewer(one.version, newest.version))) newest = one;
  if (newest === undefined) throw notOffered(origin, offered, context);
  const whole = hasDebianRevision(origin.version);
  const version = whole ? newest.version : upstreamVersion(newest.version);
  return { ...(await lockDebian({ ...origin, version }, context)), origin, version };
}

async function isNewer(a: string, b: string): Promise<boolean> {
  return (await run('dpkg', ['--compare-versions', a, 'gt', b], { from: 'dpkg' })).exitCode === 0;
}

/** @throws Failure 'source-vanished' when the archive has moved on, 'fetch-failed' when it cannot be reached */
export async function fetchDebian(locked: LockedDebian, context: SourceContext): Promise<void> {
  const what = originText(locked.origin);
  const misses = await fetchFromArchive(locked.files, what, locked.at, context);
  if (misses.files.length === 0) return;
  const why = whyMissed(what, misses, context);
  if (why !== undefined) throw why;
  const offered = await offeredSources(locked.origin, context).catch((error: unknown) => {
    if (error instanceof Failure) return [];
    throw error;
  });
  throw sourceVanished(locked.origin, offered, waysOut(misses, nameAnother(context)));
}

interface OfferedSource {
  readonly version: string;
  readonly files: readonly LockedFile[];
}

async function offeredSources(origin: DebianOrigin, context: SourceContext): Promise<OfferedSource[]> {
  if (!/^[a-z0-9][a-z0-9+.-]+$/.test(origin.package)) {
    throw new Failure('no-source', `${origin.package} is not the name of a Debian package`);
  }
  const apt = await openApt({ suite: origin.suite, kind: 'source' }, context);
  const { stdout } = await apt.run('apt-cache', ['showsrc', '--only-source', origin.package]);
  return parseStanzas(stdout).flatMap((stanza) => {
    const version = stanza.get('version');
    const folder = stanza.get('directory');
    if (version === undefined || folder === undefined) return [];
    const files = (stanza.get('checksums-sha256') ?? '').split('\n').flatMap((line): LockedFile[] => {
      const [digest = '', size = '', name = ''] = line.trim().split(/\s+/);
      return isSha256(digest) && name !== '' && !name.includes('/')
        ? [{ file: `${folder}/${name}`, size: Number(size), sha256: digest }]
        : [];
    });
    return [{ version, files }];
  });
}

function notOffered(
  origin: DebianOrigin,
  offered: readonly OfferedSource[],
  context: SourceContext,
): Failure {
  if (offered.length > 0) return sourceVanished(origin, offered, nameAnother(context));
  const where = origin.suite ?? `the suites of this host's apt`;
  return new Failure('no-source', `${where} has no source package ${origin.package}`);
}

function nameAnother(context: SourceContext): string {
  return relockHint(
    context,
    'Name an offered version, in the recipe or in the table that it takes it from, then lock it',
  );
}

/** @param offered of it now; none where that cannot be asked */
function sourceVanished(origin: DebianOrigin, offered: readonly OfferedSource[], hint: string): Failure {
  const whole = hasDebianRevision(origin.version);
  const versions = [...new Set(offered.map((one) => (whole ? one.version : upstreamVersion(one.version))))];
  const now = versions.length === 0 ? '' : `; offered now: ${versions.toSorted(compareVersions).join(', ')}`;
  const where = origin.suite ?? 'the archive';
  return new Failure(
    'source-vanished',
    `${origin.package} ${origin.version} is not in ${where} any more, or never was${now}`,
    { hint },
  );
}

const component = /\.orig-([A-Za-z0-9-]+)\.tar\.\w+$/;

/** Upstream's own tarballs; of a native package its only one. */
function isUpstreamTarball(path: string): boolean {
  const name = fileName(path);
  return archiveKind(name) !== undefined && !/\.debian\.tar\.\w+$/.test(name);
}

/** The package as its maintainers build it, patches applied; or upstream's tarball, with its further components in their folders. */
export async function unpackDebian(
  locked: LockedDebian,
  folder: string,
  context: SourceContext,
): Promise<void> {
  const { store, signal } = context;
  if (hasDebianRevision(locked.origin.version)) return unpackWithPatches(locked, folder, context);
  const keep = keepOnly(locked.origin.only);
  for (const file of locked.files) {
    const below = component.exec(file.file)?.[1];
    const target = below === undefined ? folder : join(folder, below);
    mkdirSync(target, { recursive: true });
    const within = below === undefined ? keep : keep && ((path: string) => keep(`${below}/${path}`));
    await unpackArchive(blobPath(store, file.sha256), archiveKind(file.file) ?? 'none', target, {
      signal,
      keep: within,
    });
  }
}

async function unpackWithPatches(
  locked: LockedDebian,
  folder: string,
  context: SourceContext,
): Promise<void> {
  const { store, signal } = context;
  const work = temporaryFolder(store, 'dpkg-source');
  try {
    for (const file of locked.files) linkBlob(store, file.sha256, join(work, fileName(file.file)));
    const description = locked.files.map((file) => fileName(file.file)).find((name) => name.endsWith('.dsc'));
    if (description === undefined) throw new Failure('no-source', `${originText(locked.origin)} has no .dsc`);
    // The digests are checked already; whose signature is on the .dsc the archive's index has vouched for.
    await runWell('dpkg-source', ['--no-check', '--no-copy', '-x', description, 'tree'], {
      cwd: work,
      signal,
      from: 'dpkg-dev',
      what: originText(locked.origin),
    });
    const tree = join(work, 'tree');
    checkLinks(tree);
    takeTree(tree, folder, locked.origin.only);
  } finally {
    await removeFolder(work);
  }
}
