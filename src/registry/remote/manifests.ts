import { Failure, isRecord, sha256 } from '../../base/index.ts';
import { isDigest } from '../reference.ts';
import { bodyOf, refusal } from './answer.ts';
import type { Remote } from './remote.ts';

/** OCI image specification 1.1, "Content Descriptors". */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** OCI image specification 1.1, "Image Manifest". */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: typeof mediaTypes.manifest;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest as it was found. */
export interface FoundManifest {
  readonly digest: string;
  readonly size: number;
  readonly manifest: Manifest;
}

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

/** What registries take. */
const largestManifest = 4 << 20;
const mostLayers = 20_000;

/** The bytes under a tag or digest; undefined when the registry has nothing there. Those under a digest are checked. */
async function fetchManifest(
  remote: Remote,
  word: string,
): Promise<{ readonly digest: string; readonly bytes: Buffer } | undefined> {
  return remote.attempt(async () => {
    const accept = `${mediaTypes.manifest}, ${mediaTypes.index}`;
    const answer = await remote.ask(remote.url(`manifests/${word}`), { headers: { accept } });
    if (answer.status === 404) {
      answer.body.destroy();
      return undefined;
    }
    if (answer.status !== 200) throw await refusal(answer, `give ${remote.repository.name}:${word}`);
    const bytes = await bodyOf(answer, largestManifest);
    const digest = `sha256:${sha256(bytes)}`;
    if (isDigest(word) && digest !== word)
      throw new Failure('digest-mismatch', `${answer.url} gives other bytes, with the digest ${digest}`);
    return { digest, bytes };
  });
}

/** @returns undefined when the registry does not have it @throws Failure 'bad-manifest' when it is something else */
export async function getManifest(remote: Remote, word: string): Promise<FoundManifest | undefined> {
  const found = await fetchManifest(remote, word);
  if (found === undefined) return undefined;
  const { digest, bytes } = found;
  const fail = (why: string): never => {
    throw new Failure('bad-manifest', `${remote.repository.name} ${word} is not a manifest: ${why}`);
  };
  const value = jsonOf(bytes) ?? fail('it is not JSON');
  const { mediaType, config, layers, artifactType, annotations } = value;
  if (mediaType === mediaTypes.index) return fail('it is an index of several');
  if (mediaType !== mediaTypes.manifest) return fail(`its media type is ${JSON.stringify(mediaType)}`);
  if (!isDescriptor(config) || !Array.isArray(layers)) return fail('it lacks its config or layers');
  if (layers.length > mostLayers || !layers.every(isDescriptor)) return fail('one of its layers is damaged');
  if (artifactType !== undefined && typeof artifactType !== 'string') return fail('its type is not text');
  if (!areAnnotations(annotations)) return fail('its annotations are not text');
  return { digest, size: bytes.length, manifest: value as unknown as Manifest };
}

/** The manifests that an index lists; [] where the registry has no index. @throws Failure 'bad-manifest' */
export async function getIndex(remote: Remote, word: string): Promise<readonly Descriptor[]> {
  const found = await fetchManifest(remote, word);
  if (found === undefined) return [];
  const { manifests } = jsonOf(found.bytes) ?? {};
  if (Array.isArray(manifests) && manifests.every(isDescriptor)) return manifests;
  throw new Failure('bad-manifest', `${remote.repository.name} ${word} is not an index of manifests`);
}

/** Puts a manifest or an index under a tag or its digest. @returns its digest and size */
export async function putManifest(
  remote: Remote,
  word: string | undefined,
  body: Buffer,
  mediaType: string,
): Promise<{ readonly digest: string; readonly size: number; readonly takesSubjects: boolean }> {
  const digest = `sha256:${sha256(body)}`;
  return remote.attempt(async () => {
    const answer = await remote.ask(remote.url(`manifests/${word ?? digest}`), {
      method: 'PUT',
      headers: { 'content-type': mediaType, 'content-length': String(body.length) },
      body: () => body,
    });
    if (answer.status !== 201 && answer.status !== 200)
      throw await refusal(answer, `take the manifest of ${remote.repository.name}`);
    answer.body.destroy();
    return { digest, size: body.length, takesSubjects: answer.headers['oci-subject'] !== undefined };
  });
}

/** Tags are listed page by page; a list that does not end is not followed. */
const [mostPages, largestPage] = [1000, 16 << 20];

/** All tags of the repository, in the registry's order; [] of one that is not there. */
export async function listTags(remote: Remote): Promise<string[]> {
  const tags: string[] = [];
  let url: URL | undefined = remote.url('tags/list');
  for (let page = 0; url !== undefined && page < mostPages; page++) {
    const next: URL = url;
    const { names, link } = await remote.attempt(async () => {
      const answer = await remote.ask(next);
      if (answer.status === 404 && page === 0) {
        answer.body.destroy();
        return { names: [], link: undefined };
      }
      if (answer.status !== 200) throw await refusal(answer, `list the tags of ${remote.repository.name}`);
      const { tags: some } = jsonOf(await bodyOf(answer, largestPage)) ?? {};
      const list: unknown[] = Array.isArray(some) ? some : [];
      return {
        names: list.filter((each) => typeof each === 'string'),
        link: /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(answer.headers['link'] ?? ''))?.[1],
      };
    });
    tags.push(...names);
    url = link !== undefined && URL.canParse(link, next.href) ? new URL(link, next) : undefined;
  }
  return tags;
}

export function jsonOf(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  if (!isRecord(value)) return false;
  const { mediaType, digest, size, annotations } = value;
  return (
    typeof mediaType === 'string' &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0 &&
    areAnnotations(annotations)
  );
}

function areAnnotations(value: unknown): boolean {
  return (
    value === undefined || (isRecord(value) && Object.values(value).every((each) => typeof each === 'string'))
  );
}
