import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, isSha256 } from '../../base/index.ts';
import { blobPath, linkBlob, removeFolder, temporaryFolder } from '../../store/index.ts';
import { fetchFromArchive, type AptMisses } from './apt-fetch.ts';
import { parseStanzas } from './apt-sources.ts';
import { openApt } from './apt-state.ts';
import { archiveKind } from '../../archive/archive-name.ts';
import { relockHint, type SourceContext } from '../context.ts';
import { hasDebianRevision, upstreamVersion } from './debian-version.ts';
import { checkLinks } from '../../archive/links.ts';
import { fileName, type LockedFile, type LockedOrigin } from '../locked.ts';
import { keepOnly, takeTree } from '../../archive/only.ts';
import { originText, type DebianOrigin } from '../origin.ts';
import { runWell } from '../../host/program.ts';
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
  return { kind: 'debian', origin, files };
}

/** @throws Failure 'source-vanished' when the archive has moved on, 'fetch-failed' when it cannot be reached */
export async function fetchDebian(locked: LockedDebian, context: SourceContext): Promise<void> {
  const misses = await fetchFromArchive(locked.files, originText(locked.origin), context);
  if (misses.files.length === 0) return;
  const offered = await offeredSources(locked.origin, context);
  const still = offered.some((one) =>
    misses.files.every((miss) => one.files.some((file) => file.sha256 === miss.sha256)),
  );
  if (still) throw fetchFailure(originText(locked.origin), misses, context);
  throw notOffered(locked.origin, offered, context);
}

/** The archive offers the files, and yet they did not come, or not as they should be. */
export function fetchFailure(what: string, misses: AptMisses, context: SourceContext): Failure {
  const names = misses.files.map((file) => fileName(file.file)).join(', ');
  const wrong = /Hash Sum mismatch|unexpected size/i.test(misses.said);
  return wrong
    ? new Failure(
        'digest-mismatch',
        `${what}: the mirror's ${names} is not the file that was locked:\n${misses.said}`,
        {
          hint: relockHint(
            context,
            'The mirror is damaged, or the lock is of another archive; then lock it again',
          ),
        },
      )
    : new Failure('fetch-failed', `${what}: ${names} could not be downloaded:\n${misses.said}`, {
        temporary: true,
      });
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
  const where = origin.suite ?? `the suites of this host's apt`;
  if (offered.length === 0) {
    return new Failure('no-source', `${where} has no source package ${origin.package}`);
  }
  const whole = hasDebianRevision(origin.version);
  const versions = [...new Set(offered.map((one) => (whole ? one.version : upstreamVersion(one.version))))];
  return new Failure(
    'source-vanished',
    `${origin.package} ${origin.version} is not in ${where} any more, or never was; offered now: ${versions.join(', ')}`,
    { hint: relockHint(context, 'Name an offered version in the recipe, then lock it') },
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
