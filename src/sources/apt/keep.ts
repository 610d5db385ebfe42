import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, sha256 } from '../../base/index.ts';
import { lastLines } from '../../host/programs/program.ts';
import { blobPath } from '../../store/index.ts';
import type { SourceContext } from '../context.ts';
import { fileName, type LockedBuildroot, type LockedPackage } from '../locked.ts';
import { fetchFromArchive } from './apt-fetch.ts';
import { openApt, type AptState } from './apt-state.ts';
import { packagesOf, requestOf } from './buildroot.ts';
import { packagesIndex } from './packages-index.ts';
import { isoDate } from './archives/snapshots.ts';

/** What marks the packages that are kept, for apt's preferences. */
const label = 'cidermill-kept';
/** More packages than these never have to follow one another. */
const mostRounds = 50;

/** One at a time: they share apt's folder. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Pins a buildroot anew where packages of it vanished: these, and those that the new ones cannot do with as they are. All
 * others keep their entry as it is.
 * @param vanished their digests
 */
export async function keepBuildroot(
  locked: LockedBuildroot,
  vanished: ReadonlySet<string>,
  context: SourceContext,
): Promise<LockedBuildroot> {
  const mine = turn.then(() => keepInTurn(locked, vanished, context));
  turn = mine.catch(() => undefined);
  return mine;
}

async function keepInTurn(
  locked: LockedBuildroot,
  vanished: ReadonlySet<string>,
  context: SourceContext,
): Promise<LockedBuildroot> {
  const { suite, architecture } = locked;
  let kept = locked.packages.filter((one) => !vanished.has(one.sha256));
  await fetchFromArchive(kept, `packages of ${suite}`, locked.at, context);
  const apt = await openApt({ suite, kind: 'binary', architecture }, context);
  const at = isoDate(Date.now());
  for (let round = 0; round < mostRounds; round++) {
    const { stdout, stderr, exitCode } = await withKept(apt, kept, context, async () =>
      apt.run('apt-get', await requestOf(apt, locked.requested)),
    );
    if (exitCode === 0) {
      const before = new Map(locked.packages.map((one) => [one.sha256, one]));
      const packages = packagesOf(stdout, apt.sources, [folderOf(apt)]).map(
        (one): LockedPackage => before.get(one.sha256) ?? { ...one, at },
      );
      return { ...locked, packages };
    }
    const freed = unmet(`${stdout}\n${stderr}`);
    const fewer = kept.filter(({ name }) => !freed.has(name));
    if (fewer.length === kept.length)
      throw new Failure(
        'unresolvable',
        `apt finds no set of packages in ${suite} with those that are kept:\n${lastLines(stderr, 12)}`,
        { hint: 'Lock the buildroot anew as a whole: `cidermill lock` with its name.' },
      );
    kept = fewer;
  }
  throw new Failure('unresolvable', `apt finds no set of packages in ${suite} within ${mostRounds} attempts`);
}

/** " a : Depends: b (= 2) but 1 is to be installed": both have to follow. */
function unmet(said: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, dependent, on] of said.matchAll(
    /^ (?:(\S+?)(?::\w+)? : )?\s*(?:Pre-)?(?:Depends|Breaks|Conflicts): ([^\s:(]+)/gm,
  ))
    for (const name of [dependent, on]) if (name !== undefined) names.add(name);
  return names;
}

function folderOf(apt: AptState): string {
  return join(apt.folder, 'kept');
}

/** Lays the kept packages out as a repository that apt prefers to every other, for the time of one act. */
async function withKept<T>(
  apt: AptState,
  kept: readonly LockedPackage[],
  { store }: SourceContext,
  act: () => Promise<T>,
): Promise<T> {
  const folder = folderOf(apt);
  const [list, preferences] = ['kept.list', 'kept.pref'].map((name) => join(apt.folder, 'parts', name)) as [
    string,
    string,
  ];
  mkdirSync(folder);
  try {
    for (const { file, sha256: digest } of kept)
      linkSync(blobPath(store, digest), join(folder, fileName(file)));
    const index = await packagesIndex(kept, folder);
    writeFileSync(join(folder, 'Packages'), index);
    writeFileSync(
      join(folder, 'Release'),
      `Origin: ${label}\nLabel: ${label}\nSHA256:\n ${sha256(index)} ${Buffer.byteLength(index)} Packages\n`,
    );
    writeFileSync(list, `deb [trusted=yes] copy:${encodeURI(folder)} ./\n`);
    writeFileSync(preferences, `Package: *\nPin: release l=${label}\nPin-Priority: 1001\n`);
    const alone = ['-o', `Dir::Etc::sourcelist=${list}`, '-o', 'Dir::Etc::sourceparts=-'];
    const { exitCode, stderr } = await apt.run('apt-get', [
      ...['-q', ...alone, '-o', 'APT::Get::List-Cleanup=0', 'update'],
    ]);
    if (exitCode !== 0) throw new Failure('apt-failed', `apt-get update: ${lastLines(stderr)}`);
    return await act();
  } finally {
    for (const path of [folder, list, preferences]) rmSync(path, { recursive: true, force: true });
  }
}
