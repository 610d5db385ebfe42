import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { parseDeb822Sources, parseOneLineSources, sourcesForSuite, type AptSource } from './apt-sources.ts';
import { run } from '../../host/programs/program.ts';

/** What the host's apt is set up with. */
export interface AptHost {
  readonly sources: readonly AptSource[];
  /** Debian's name for this machine's architecture: amd64. */
  readonly architecture: string;
  /** The release the host says it is: bookworm. */
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
      'LIST',
      'Dir::Etc::sourcelist/f',
      'PARTS',
      'Dir::Etc::sourceparts/d',
      'ARCH',
      'APT::Architecture',
    ],
    { from: 'apt' },
  ).catch((cause: unknown) => {
    if (!(cause instanceof Failure) || cause.code !== 'no-program') throw cause;
    throw new Failure('no-apt', 'Debian packages are fetched through apt, which this host does not have', {
      hint: 'Give the source another origin with "or:", or run on Debian.',
      cause,
    });
  });
  if (exitCode !== 0) throw new Failure('apt-failed', `apt-config: ${stderr.trim()}`);
  const value = (name: string): string =>
    new RegExp(`^${name}='(.*)'$`, 'm').exec(stdout)?.[1]?.replaceAll(`'\\''`, `'`) ?? '';
  const sources = parseOneLineSources(readIfThere(value('LIST')));
  const parts = value('PARTS');
  for (const name of namesIn(parts)) {
    // The names apt itself takes: sources.list(5).
    if (/^[\w.-]+\.list$/.test(name)) sources.push(...parseOneLineSources(readIfThere(join(parts, name))));
    if (/^[\w.-]+\.sources$/.test(name)) sources.push(...parseDeb822Sources(readIfThere(join(parts, name))));
  }
  return {
    sources,
    architecture: value('ARCH'),
    release: /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(readIfThere('/etc/os-release'))?.[1],
  };
}

/** The archives' roots that the host gets its Debian packages from, in its order. */
export async function archiveRoots(): Promise<string[]> {
  const { sources, release } = await aptHost();
  const roots = sourcesForSuite(sources, undefined, release).map((source) => source.uri);
  return [...new Set(roots)];
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
