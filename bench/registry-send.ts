// Sends the blobs of an OCI layout, and then its manifest, into a repository, four at a time, as a push does:
// node --import tsx bench/registry-send.ts LAYOUT HOST/NAME
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { parseReference, Remote } from '../src/registry/index.ts';
import { sendBlob } from '../src/registry/remote/blobs.ts';
import { mediaTypes, putManifest, type Manifest } from '../src/registry/remote/manifests.ts';

const [layout = '', target = ''] = process.argv.slice(2);
const remote = new Remote(parseReference(target), { writes: true });
const fileOf = (digest: string): string => join(layout, 'blobs/sha256', digest.slice('sha256:'.length));
const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
  manifests: { digest: string }[];
};
const body = readFileSync(fileOf(manifests[0]?.digest ?? ''));
const { config, layers } = JSON.parse(body.toString()) as Manifest;
const queue = new PQueue({ concurrency: 4 });
const blobs = new Map([config, ...layers].map((each) => [each.digest, each]));
await queue.addAll(
  [...blobs.values()].map(
    ({ digest, size }) =>
      () =>
        sendBlob(remote, { digest, size, content: fileOf(digest) }),
  ),
);
await putManifest(remote, '1', body, mediaTypes.manifest);
remote.close();
