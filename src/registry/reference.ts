import { isIP } from 'node:net';
import { Failure } from '../base/index.ts';

/** A repository of a registry: HOST[:PORT]/NAME. */
export interface Repository {
  /** With its port, in lower case. */
  readonly host: string;
  /** OCI's <name>: parts of lower-case letters and digits, with "/" between. */
  readonly name: string;
}

/** What a user types: a repository with a tag or a digest. */
export interface Reference extends Repository {
  readonly tag?: string;
  /** "sha256:" and 64 digits; it wins over a tag beside it. */
  readonly digest?: string;
}

/** OCI distribution specification 1.1, "Pulling manifests". */
const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const hostPattern = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?$/;
const longestName = 255;

/**
 * Reads HOST[:PORT]/NAME[:TAG][@sha256:DIGEST], also behind "oci://". There is no default host and no default tag.
 * @throws Failure 'usage'
 */
export function parseReference(text: string): Reference {
  const fail = (why: string): never => {
    throw new Failure('usage', `${JSON.stringify(text)} is not a reference: ${why}`, {
      hint: 'Give HOST[:PORT]/REPOSITORY:TAG, or …@sha256:DIGEST.',
    });
  };
  const bare = text.replace(/^oci:\/\//, '');
  const slash = bare.indexOf('/');
  const host = bare.slice(0, Math.max(slash, 0));
  if (!isHost(host)) return fail('it does not begin with the name of a host, such as registry.example:5000');
  const [, name = '', tag, digest] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/.exec(bare.slice(slash + 1)) ?? [];
  if (name.length > longestName || !namePattern.test(name))
    return fail(
      'the name of its repository is not allowed; it has lower-case letters, digits, ".", "_", "-"',
    );
  if (tag !== undefined && !tagPattern.test(tag))
    return fail(`the tag ${JSON.stringify(tag)} is not allowed`);
  if (digest !== undefined && !isDigest(digest)) return fail('its digest is not sha256: and 64 digits');
  return {
    host: host.toLowerCase(),
    name,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** @throws Failure 'usage' for a reference that names no content */
export function wordOf(reference: Reference): string {
  const word = reference.digest ?? reference.tag;
  if (word !== undefined) return word;
  throw new Failure('usage', `${showReference(reference)} names a repository, not what is in it`, {
    hint: 'Give a tag, such as :1, or a digest. `cidermill inspect` lists the tags of a repository.',
  });
}

export function showReference({ host, name, tag, digest }: Reference): string {
  return `${host}/${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Is a text a reference rather than the name of a file or product? Only "oci://" says so. */
export function isReference(text: string): boolean {
  return text.startsWith('oci://');
}

/** "sha256:" and 64 lower-case hexadecimal digits. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text);
}

/** Does a host stand for this machine itself, by its name or address? */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, '').replace(/^\[|\]$/g, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIP(name) === 4) return name.startsWith('127.');
  return isIP(name) === 6 && /^(?:0*:)*:?0*1$/.test(name);
}

/** A word before the first slash is a host where it could not be a part of a name: as Docker has it. */
function isHost(text: string): boolean {
  return hostPattern.test(text) && (/[.:]/.test(text) || text === 'localhost');
}
