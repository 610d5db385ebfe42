import { getIndex, mediaTypes, putManifest, type Descriptor, type Manifest } from '../remote/manifests.ts';
import { bodyOf } from '../remote/answer.ts';
import { jsonOf } from '../remote/manifests.ts';
import type { Remote } from '../remote/remote.ts';
import { notes } from './media-types.ts';

/**
 * Attaches papers to a manifest as its referrers: a manifest each, with a tag of its own, so that a garbage collection of
 * untagged manifests leaves it; and where the registry keeps no list of referrers, the list under the fallback tag.
 * @param config the empty one, which is there
 * @param papers layers of the subject, which are there
 */
export async function attachPapers(
  remote: Remote,
  subject: Descriptor,
  config: Descriptor,
  papers: readonly Descriptor[],
): Promise<void> {
  const hex = subject.digest.slice('sha256:'.length);
  const attached: Descriptor[] = [];
  let isListed = true;
  for (const paper of papers) {
    const title = paper.annotations?.[notes.title] ?? '';
    const manifest: Manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: paper.mediaType,
      config,
      layers: [paper],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: { [notes.title]: title },
    };
    const body = Buffer.from(JSON.stringify(manifest));
    const { digest, size, takesSubjects } = await putManifest(
      remote,
      paperTag(hex, title),
      body,
      mediaTypes.manifest,
    );
    isListed &&= takesSubjects;
    const { mediaType: artifactType } = paper;
    attached.push({
      mediaType: mediaTypes.manifest,
      digest,
      size,
      artifactType,
      annotations: { [notes.title]: title },
    });
  }
  if (papers.length === 0 || isListed) return;
  const others = (await getIndex(remote, fallbackTag(hex))).filter(
    ({ digest }) => !attached.some((each) => each.digest === digest),
  );
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...others, ...attached] };
  await putManifest(remote, fallbackTag(hex), Buffer.from(JSON.stringify(index)), mediaTypes.index);
}

/** OCI distribution specification 1.1, "Referrers Tag Schema". */
function fallbackTag(hex: string): string {
  return `sha256-${hex}`;
}

/** A tag of a paper; beside the fallback tag in a list of tags. At most 128 characters. */
function paperTag(hex: string, title: string): string {
  return `${fallbackTag(hex)}.${title.replace(/[^A-Za-z0-9._-]/g, '-')}`.slice(0, 128);
}

/** Is a tag one that holds a paper or a list of papers, rather than a version? */
export function isPaperTag(tag: string): boolean {
  return /^sha256-[0-9a-f]{64}(?:\..*)?$/.test(tag);
}

const largestList = 4 << 20;

/** The papers attached to a manifest, as the registry lists them, else by the fallback tag. */
export async function listPapers(remote: Remote, digest: string): Promise<readonly Descriptor[]> {
  const listed = await remote.attempt(async () => {
    const answer = await remote.ask(remote.url(`referrers/${digest}`));
    if (answer.status !== 200) {
      answer.body.destroy();
      return undefined;
    }
    const { manifests } = jsonOf(await bodyOf(answer, largestList)) ?? {};
    return Array.isArray(manifests) ? (manifests as Descriptor[]) : undefined;
  });
  return listed ?? getIndex(remote, fallbackTag(digest.slice('sha256:'.length)));
}
