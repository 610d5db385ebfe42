/** A copy of Debian's archive, and what names it here. */
export interface Archive {
  /** With its trailing slash. Of a snapshot archive `@SNAPSHOTID@` stands where the date belongs. */
  readonly root: string;
  readonly from: 'cidermill.yaml' | 'apt' | 'mmdebstrap' | 'debootstrap';
}

/** Which of Debian's two archives a file or a root belongs to. */
export type Part = 'main' | 'security';

export function partOfRoot(root: string): Part {
  return /security/.test(root) ? 'security' : 'main';
}

/** The security archive keeps its pool below "updates". */
export function partOfFile(file: string): Part {
  return file.startsWith('pool/updates/') ? 'security' : 'main';
}

export function withSlash(root: string): string {
  return root.endsWith('/') ? root : `${root}/`;
}
