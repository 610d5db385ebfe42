/** What is wrong with a text of an origin, as the end of a sentence; undefined when nothing is. */

/** Package names of Debian policy 5.6.1, versions of deb-version(7). */
const debianPackage = /^[a-z0-9][a-z0-9+.-]+$/;
const debianVersion = /^(?:\d+:)?\d[A-Za-z0-9.+~-]*$/;

export function debianFault(written: string): string | undefined {
  const split = written.lastIndexOf('@');
  if (split === -1) return 'is not package@version';
  if (!debianPackage.test(written.slice(0, split)))
    return 'does not begin with the name of a Debian source package';
  if (!debianVersion.test(written.slice(split + 1))) return 'does not end in a Debian version';
  return undefined;
}

export function suiteFault(suite: string): string | undefined {
  return /^[a-z][a-z0-9-]*$/.test(suite) ? undefined : 'is not the name of a Debian suite';
}

export function webAddressFault(address: string): string | undefined {
  if (!/^https?:\/\//.test(address) || /\s/.test(address) || !URL.canParse(address))
    return 'is not an http or https URL';
  const { username, password } = new URL(address);
  return username === '' && password === ''
    ? undefined
    : 'holds a user name or a password, which would end up in the lockfile and in logs';
}

/** What begins with "-" would be an option to git and svn. */
export function repositoryFault(address: string): string | undefined {
  if (/^-|[\s\p{Cc}]/u.test(address)) return 'is not the address of a repository';
  const { password } = URL.canParse(address) ? new URL(address) : { password: '' };
  return password === '' ? undefined : 'holds a password, which would end up in the lockfile and in logs';
}

export function revisionFault(revision: string): string | undefined {
  const fine = /^[A-Za-z0-9_][\w./+-]{0,199}$/.test(revision) && !revision.includes('..');
  return fine ? undefined : 'is not a commit, tag or branch';
}
