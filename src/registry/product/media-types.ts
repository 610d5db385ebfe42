/** The types of what a product's manifest lists. */
export const types = {
  product: 'application/vnd.cidermill.product.v1',
  productIndex: 'application/vnd.cidermill.product.index.v1+json',
  diskIndex: 'application/vnd.cidermill.disk.index.v1+json',
  pack: 'application/vnd.cidermill.disk.pack.v1+zstd',
  tree: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** Keys of annotations: OCI's own, ORAS's, and ours. */
export const notes = {
  title: 'org.opencontainers.image.title',
  unpack: 'io.deis.oras.content.unpack',
  unpacked: 'io.deis.oras.content.digest',
  product: 'cidermill.product',
  gate: 'cidermill.gate',
  disk: 'cidermill.disk',
  origin: 'cidermill.contains',
} as const;

const byEnding: readonly (readonly [RegExp, string])[] = [
  [/^(?:provenance|test-result|rebuild-[\w.-]+)\.json$/, 'application/vnd.in-toto+json'],
  [/\.cdx\.json$/, 'application/vnd.cyclonedx+json'],
  [/\.json$/, 'application/json'],
  [/\.sig$/, 'application/vnd.cidermill.signature.v1'],
  [/\.png$/, 'image/png'],
  [/^SHA256SUMS$|\.(?:txt|log)$/, 'text/plain'],
];

/** The type of a file's layer, by its name. */
export function fileType(path: string): string {
  return byEnding.find(([ending]) => ending.test(path))?.[1] ?? 'application/octet-stream';
}

/** Files that tell of a product: they are attached to it, so that a registry lists them as its referrers. */
const papers =
  /^(?:provenance\.json|sbom\.cdx\.json|test-result\.json|SHA256SUMS|rebuild-[\w.-]+\.json|milestones\.txt|[\w-]*screen[\w-]*\.png)(?:\.sig)?$/;

export function isPaper(path: string): boolean {
  return papers.test(path);
}
