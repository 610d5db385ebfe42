import { Failure } from '../../base/index.ts';
import type { SourceContext } from '../context.ts';
import { fileName, type LockedFile } from '../locked.ts';
import { partOfFile, partOfRoot, type Archive } from './archives/archive.ts';
import { type KnownArchives } from './archives/known-archives.ts';

/** What an archive answered for a file that did not come from it. */
export interface Asked {
  readonly file: LockedFile;
  readonly root: string;
  /** absent: it does not have it. other: it has other bytes there. unreachable: it gave no answer that says. */
  readonly answer: 'absent' | 'other' | 'unreachable';
  readonly said: string;
}

/** The files that no archive gave, with what each archive answered. */
export interface Misses {
  readonly files: readonly LockedFile[];
  readonly asked: readonly Asked[];
  readonly known: KnownArchives;
}

export const snapshotHint =
  'Name a snapshot archive, which keeps every file of every day: under "mirrors:" in cidermill.yaml, its address with @SNAPSHOTID@ in the place of the date.';

/**
 * Says why files could not be had, when it is not that the archive has moved on: no archive is known, the one they lie on
 * is not among the known ones, a mirror is damaged, or did not answer. Undefined when every archive said that it has
 * them no more.
 */
export function whyMissed(what: string, misses: Misses, context: SourceContext): Failure | undefined {
  const { files, asked, known } = misses;
  const all = [...known.mirrors, ...known.snapshots];
  const names = listed(files.map(({ file }) => fileName(file)));
  if (all.length === 0)
    return new Failure('no-mirror', `${what}: no mirror of Debian's archive is known on this host`, {
      hint: 'Name one under "mirrors:" in cidermill.yaml. Else it is found in the sources of apt, or as the default of mmdebstrap or debootstrap, where they are installed.',
    });
  const other = asked.filter(({ answer }) => answer === 'other');
  const wrong = files.filter(({ sha256 }) => other.some(({ file }) => file.sha256 === sha256));
  if (wrong.length > 0)
    return new Failure(
      'digest-mismatch',
      `${what}: the mirror's ${listed(wrong.map(({ file }) => fileName(file)))} is not the file that was locked:\n${saidOf(other)}`,
      {
        hint: `The mirror is damaged, or the lock is of another archive; then lock it again: \`${context.relock ?? 'cidermill lock'}\`.`,
      },
    );
  const silent = asked.filter(({ answer }) => answer === 'unreachable');
  if (silent.length > 0)
    return new Failure('fetch-failed', `${what}: ${names} could not be downloaded:\n${saidOf(silent)}`, {
      temporary: true,
    });
  const security = files.filter(({ file }) => partOfFile(file) === 'security');
  if (security.length > 0 && !all.some(({ root }) => partOfRoot(root) === 'security'))
    return new Failure(
      'no-mirror',
      `${what}: ${listed(security.map(({ file }) => fileName(file)))} ${security.length === 1 ? 'lies' : 'lie'} on Debian's security archive, and no mirror of that is known on this host; asked: ${archivesText(all)}`,
      {
        hint: 'Name one under "mirrors:" in cidermill.yaml, or add the security archive to the sources of apt (sources.list(5)).',
      },
    );
  return undefined;
}

/** Names of archives with what names them here. */
export function archivesText(archives: readonly Archive[]): string {
  return archives.map(({ root, from }) => `${root} (${from})`).join(', ');
}

const mostNamed = 5;

function listed(names: readonly string[]): string {
  if (names.length <= mostNamed) return names.join(', ');
  return `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`;
}

function saidOf(asked: readonly Asked[]): string {
  return [...new Set(asked.map(({ said }) => said))].slice(0, mostNamed).join('\n');
}
