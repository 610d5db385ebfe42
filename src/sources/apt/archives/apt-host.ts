import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../base/index.ts';
import { findTool } from '../../../host/programs/tools.ts';
import { type Archive } from './archive.ts';
import { parseDeb822Sources, parseOneLineSources, sourcesForSuite, type AptSource } from './apt-sources.ts';
import { run } from '../../../host/programs/program.ts';
import { commentedSnapshots, snapshotRoot } from './snapshots.ts';

/** What the host's apt is set up with. */
export interface AptHost {
  readonly sources: readonly AptSource[];
  /** Roots of snapshot archives, with `@SNAPSHOTID@` where the date stands. */
  readonly snapshots: readonly string[];
  /** Debian's name for this machine's architecture: amd64. */
  readonly architecture: string;
  /** The release of Debian that the host says it is: bookworm; undefined on another distribution. */
  readonly release: string | undefined;
}

let known: { readonly key: string; readonly host: Promise<AptHost> } | undefined;

/** Asks apt itself where its settings lie, so that APT_CONFIG and apt.conf.d are honoured. Once a process. */
export function aptHost(): Promise<AptHost> {
  const key = process.env['APT_CONFIG'] ?? '';
  if (known?.key !== key) known = { key, host: readHost() };
  return known.host;
}

async function readHost(): Promise<AptHost> {
  const { exitCode, stdout, stderr } = await run(
    'apt-config',
    [
      'shell',
      ...['LIST', 'Dir::Etc::sourcelist/f', 'PARTS', 'Dir::Etc::sourceparts/d'],
      ...['STATE', 'Dir::State::lists/d', 'ARCH', 'APT::Architecture'],
    ],
    { from: 'apt' },
  ).catch((cause: unknown) => {
    if (!(cause instanceof Failure) || cause.code !== 'no-program') throw cause;
    throw new Failure('no-apt', 'pinning Debian packages needs apt, which this host does not have', {
      hint: 'Pin them on a host that has it; what is pinned can be fetched without apt.',
      cause,
    });
  });
  if (exitCode !== 0) throw new Failure('apt-failed', `apt-config: ${stderr.trim()}`);
  const value = (name: string): string =>
    new RegExp(`^${name}='(.*)'$`, 'm').exec(stdout)?.[1]?.replaceAll(`'\\''`, `'`) ?? '';
  const list = readIfThere(value('LIST'));
  const sources = parseOneLineSources(list);
  const texts = [list];
  const parts = value('PARTS');
  for (const name of namesIn(parts)) {
    // The names apt itself takes: sources.list(5).
    if (!/^[\w.-]+\.(list|sources)$/.test(name)) continue;
    const text = readIfThere(join(parts, name));
    texts.push(text);
    sources.push(...(name.endsWith('.list') ? parseOneLineSources(text) : parseDeb822Sources(text)));
  }
  const named = [
    ...(await configuredSnapshots()),
    ...releaseSnapshots(value('STATE')),
    ...sources.map(({ uri }) => uri),
    ...texts.flatMap(commentedSnapshots),
  ];
  return {
    sources,
    snapshots: [...new Set(named.flatMap((address) => snapshotRoot(address) ?? []))],
    architecture: value('ARCH'),
    release: debianRelease(readIfThere('/etc/os-release')),
  };
}

/** The release of Debian that an os-release(5) names. */
export function debianRelease(text: string): string | undefined {
  if (!/^ID="?debian"?$/m.test(text)) return undefined;
  return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1];
}

/** Acquire::Snapshots::URI of apt.conf(5), for Debian's archives. */
async function configuredSnapshots(): Promise<string[]> {
  const { stdout } = await run('apt-config', ['dump', '--format', '%f\t%v%n', 'Acquire::Snapshots::URI']);
  return stdout.split('\n').flatMap((line) => {
    const [name = '', address = ''] = line.split('\t');
    return /::(Origin|Label)::Debian(-Security)?$/i.test(name) ? [address] : [];
  });
}

/** A Release file may say where its archive's snapshots are. */
function releaseSnapshots(lists: string): string[] {
  return namesIn(lists)
    .filter((name) => /_(In)?Release$/.test(name))
    .map((name) => readIfThere(join(lists, name)))
    .filter((text) => /^Origin: Debian$/m.test(text))
    .flatMap((text) => /^Snapshots: (\S+)$/m.exec(text)?.[1] ?? []);
}

/** The archives that the host's apt gets its Debian packages from, in its order; none where there is no apt. */
export async function aptArchives(): Promise<Archive[]> {
  if (findTool('apt-config') === undefined) return [];
  const { sources, release, snapshots } = await aptHost();
  const roots = sourcesForSuite(sources, undefined, release).map((source) => source.uri);
  return [...roots, ...snapshots].map((root) => ({ root, from: 'apt' }));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** What an ordinary user may not read, apt does not read for him either. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
