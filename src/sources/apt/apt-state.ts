import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { temporaryFolder, type Store } from '../../store/index.ts';
import { aptHost } from './archives/apt-host.ts';
import { renderSources, sourcesForSuite, type AptSource } from './archives/apt-sources.ts';
import { sourcesOfMirrors } from './archives/mirror-sources.ts';
import type { SourceContext } from '../context.ts';
import { run, type ProgramResult } from '../../host/programs/program.ts';

/** An apt that reads the host's settings and mirrors and writes into a folder of its own, with verified package lists. */
export interface AptState {
  /** Those that exist, of Debian's own archive. */
  readonly sources: readonly AptSource[];
  /** Absolute: its own folder. */
  readonly folder: string;
  run(program: 'apt-get' | 'apt-cache', args: readonly string[]): Promise<ProgramResult>;
}

export interface AptWish {
  /** Absent: as the host follows. */
  readonly suite?: string | undefined;
  readonly kind: 'binary' | 'source';
  /** Absent: the host's. */
  readonly architecture?: string;
}

const open = new Map<string, Promise<AptState>>();

/**
 * Fetches the signed package lists of a suite, once a process. Lists on disk are not verified again, so they lie in a
 * folder that only this user can write to and that goes with the process.
 * @throws Failure 'no-suite', 'apt-update-failed'
 */
export function openApt(wish: AptWish, context: SourceContext): Promise<AptState> {
  const { store } = context;
  const key = JSON.stringify([
    store.root,
    process.env['APT_CONFIG'],
    wish.suite,
    wish.kind,
    wish.architecture,
  ]);
  const known = open.get(key);
  if (known !== undefined) return known;
  const state = update(wish, context);
  open.set(key, state);
  // A failure may be gone the next time.
  state.catch(() => open.delete(key));
  return state;
}

/** Writes apt's settings for a private folder and gives the path of the file; pass it with `-c`. */
export function writeAptSettings(store: Store, architecture: string): { folder: string; settings: string } {
  const folder = temporaryFolder(store, 'apt');
  chmodSync(folder, 0o700);
  for (const name of ['lists/partial', 'archives/partial', 'parts'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['status', 'apt.sources', 'preferences']) writeFileSync(join(folder, name), '');
  const at = (name: string): string => JSON.stringify(join(folder, name));
  const settings = join(folder, 'apt.conf');
  writeFileSync(
    settings,
    [
      // The host's hooks act on the host; its pins say what is to be installed there.
      ...['Update::Pre-Invoke', 'Update::Post-Invoke', 'Update::Post-Invoke-Success', 'Architectures'].map(
        (name) => `#clear APT::${name};`,
      ),
      `Dir::State ${at('')};`,
      `Dir::State::lists ${at('lists')};`,
      `Dir::State::status ${at('status')};`,
      `Dir::State::extended_states ${at('extended_states')};`,
      `Dir::Cache ${at('')};`,
      `Dir::Cache::archives ${at('archives')};`,
      `Dir::Etc::sourcelist ${at('apt.sources')};`,
      `Dir::Etc::sourceparts ${at('parts')};`,
      `Dir::Etc::preferences ${at('preferences')};`,
      `Dir::Etc::preferencesparts ${at('parts')};`,
      `APT::Architecture ${JSON.stringify(architecture)};`,
      // The folder is closed to apt's own user; and as that user nothing else could be written either.
      'APT::Sandbox::User "root";',
      'APT::Install-Recommends "false";',
      'APT::Install-Suggests "false";',
      // apt would add itself to every set of packages.
      'pkgCacheGen::ForceEssential ",";',
      'APT::Update::Error-Mode "any";',
      'APT::Color "false";',
      'Acquire::Languages "none";',
      'Acquire::ForceHash "SHA256";',
      'Acquire::Retries "3";',
      'Acquire::PDiffs "false";',
      '',
    ].join('\n'),
  );
  return { folder, settings };
}

async function update(wish: AptWish, context: SourceContext): Promise<AptState> {
  const { signal } = context;
  const host = await aptHost();
  const architecture = wish.architecture ?? host.architecture;
  const own = sourcesForSuite(host.sources, wish.suite, host.release);
  const wanted = own.length > 0 ? own : await sourcesOfMirrors(wish.suite, context.mirrors);
  if (context.offline === true) {
    throw new Failure(
      'offline',
      `the package lists of ${wish.suite ?? 'the host’s release'} are needed, and --offline forbids downloads`,
    );
  }
  const { folder, settings } = writeAptSettings(context.store, architecture);
  const sourceList = join(folder, 'apt.sources');
  const runApt: AptState['run'] = (program, args) =>
    run(program, ['-c', settings, ...args], { cwd: folder, signal, from: 'apt' });
  context.onProgress?.({ what: `package lists of ${wish.suite ?? host.release ?? 'Debian'}`, done: 0 });
  writeFileSync(sourceList, renderSources(wanted, wish.kind, architecture));
  checkUpdate(await runApt('apt-get', ['-q', 'update']), join(folder, 'lists'));
  const there = await listsThere(runApt);
  const sources = wanted.filter((source) => there.has(`${source.uri} ${source.suite}`));
  if (!sources.some((source) => wish.suite === undefined || source.suite === wish.suite)) {
    throw new Failure(
      'no-suite',
      `none of the host's Debian mirrors has the suite ${wish.suite ?? host.release ?? ''}`,
      {
        hint: 'A release that has left the mirrors is in the Debian archive’s snapshots: give apt a source there.',
      },
    );
  }
  // What is not Debian's, though its suite is named like Debian's, has no say.
  writeFileSync(sourceList, renderSources(sources, wish.kind, architecture));
  return { sources, folder, run: runApt };
}

/** A suite that does not exist (sid has no "-updates") is left out; any other fault would silently give older versions. */
function checkUpdate({ exitCode, stderr, stdout }: ProgramResult, lists: string): void {
  if (exitCode === 0) return;
  const said = `${stderr}\n${stdout}`.split('\n').filter((line) => /^E:|^W: Failed to fetch/.test(line));
  const fetched = readdirSync(lists);
  const isAbsent = (line: string): boolean => {
    if (/(does not|no longer) have a Release file|Some index files failed to download/.test(line))
      return true;
    const suite = /Failed to fetch \S+\/dists\/(.+?)\/(?:\S*) +(?:404|File not found)/.exec(line)?.[1];
    const end = new RegExp(`_dists_${suite?.split('/')[0] ?? ''}_(?:In)?Release$`);
    return suite !== undefined && !fetched.some((name) => end.test(name));
  };
  const grave = said.filter((line) => !isAbsent(line));
  if (grave.length === 0 && said.length > 0) return;
  const text = (grave.length > 0 ? grave : stderr.trim().split('\n')).join('\n');
  throw new Failure('apt-update-failed', `apt could not fetch the package lists:\n${text}`, {
    temporary: /Temporary failure|Could not connect|timed out|Unable to connect|Connection|Mirror sync/i.test(
      text,
    ),
  });
}

/** "REPOSITORY SUITE" of each list of Debian's own archive that was fetched and verified. */
async function listsThere(runApt: AptState['run']): Promise<Set<string>> {
  const format = '$(ORIGIN)\t$(FILENAME)\t$(REPO_URI)\t$(RELEASE)';
  const { stdout } = await runApt('apt-get', ['indextargets', '--format', format]);
  const there = new Set<string>();
  for (const line of stdout.split('\n')) {
    const [origin, file = '', repository = '', suite = ''] = line.split('\t');
    if (origin === 'Debian' && existsSync(file)) there.add(`${repository} ${suite}`);
  }
  return there;
}
