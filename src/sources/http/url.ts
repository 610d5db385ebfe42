import { Failure } from '../../base/index.ts';
import type { SourceContext } from '../context.ts';
import type { DownloadOptions } from './attempt.ts';
import { downloadBlob, downloadUnknown } from './download.ts';
import { shownUrl } from './http-failure.ts';
import type { LockedOrigin } from '../locked.ts';
import type { UrlOrigin } from '../origin.ts';

type LockedUrl = Extract<LockedOrigin, { kind: 'url' }>;

export async function lockUrl(origin: UrlOrigin, context: SourceContext): Promise<LockedUrl> {
  const file = urlFileName(origin.url);
  const { digest, size } = await downloadUnknown(
    context.store,
    addresses(origin),
    downloadOptions(file, context),
  );
  return { kind: 'url', origin, files: [{ file, size, sha256: digest }] };
}

export async function fetchUrl(locked: LockedUrl, context: SourceContext): Promise<void> {
  const [{ file, size, sha256 }] = locked.files;
  await downloadBlob(
    context.store,
    addresses(locked.origin),
    { digest: sha256, size },
    downloadOptions(file, context),
  );
}

function downloadOptions(what: string, context: SourceContext): DownloadOptions {
  return {
    signal: context.signal,
    onProgress: (done, total) =>
      context.onProgress?.({ what, done, ...(total === undefined ? {} : { total }) }),
  };
}

function addresses(origin: UrlOrigin): string[] {
  const urls = [origin.url, ...origin.mirrors];
  for (const url of urls) {
    if (!URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol)) {
      throw new Failure('bad-url', `${shownUrl(url)} is not an http or https address`);
    }
  }
  return urls;
}

/** The name of the file at an address: the last part of its path. */
export function urlFileName(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  const last = path.split('/').findLast((part) => part !== '') ?? 'download';
  try {
    const name = decodeURIComponent(last).replace(/[/\0]/g, '_');
    return name === '.' || name === '..' ? 'download' : name;
  } catch {
    return last;
  }
}
