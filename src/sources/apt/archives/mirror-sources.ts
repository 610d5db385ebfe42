import { existsSync } from 'node:fs';
import { Failure } from '../../../base/index.ts';
import type { AptSource } from './apt-sources.ts';
import { partOfRoot } from './archive.ts';
import { knownArchives } from './known-archives.ts';

/** Where the package debian-archive-keyring has Debian's keys, in Debian and in its derivatives. */
const keyrings = ['pgp', 'gpg'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`);

/**
 * Makes sources for apt of the known mirrors, where the host's apt follows no release of Debian. What is pinned by them
 * is verified by Debian's keys, which the host must have.
 * @throws Failure 'no-debian-archive'
 */
export async function sourcesOfMirrors(
  suite: string | undefined,
  setting: readonly string[] | undefined,
): Promise<AptSource[]> {
  const { mirrors } = await knownArchives(setting);
  const keyring = keyrings.find((path) => existsSync(path));
  if (suite === undefined || mirrors.length === 0 || keyring === undefined)
    throw noArchive(suite, mirrors.length, keyring);
  const options = new Map([['Signed-By', keyring]]);
  return mirrors.flatMap(({ root: uri }) => {
    const suites = partOfRoot(uri) === 'security' ? [`${suite}-security`] : [suite, `${suite}-updates`];
    return suites.map((each): AptSource => ({ uri, suite: each, components: ['main'], options }));
  });
}

function noArchive(suite: string | undefined, mirrors: number, keyring: string | undefined): Failure {
  const lacking =
    suite === undefined
      ? 'the recipe names no suite'
      : mirrors === 0
        ? 'no mirror of Debian is known'
        : `Debian's keys are not there (${keyring ?? keyrings.join(', ')})`;
  return new Failure(
    'no-debian-archive',
    `pinning Debian packages needs signed package lists: this host's apt has no source of a Debian release, and ${lacking}`,
    {
      hint: 'Install debian-archive-keyring and name a mirror under "mirrors:" in cidermill.yaml, or add a source of Debian for apt (sources.list(5)). What is pinned already needs neither.',
    },
  );
}
