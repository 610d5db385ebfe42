import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached } from './cache.ts';

/** A source package of Debian's, pinned by digest in images.lock.json. */
export interface PinnedSource {
  readonly package: string;
  /** The release whose index names it. */
  readonly suite: string;
  /** The upstream archive. */
  readonly file: string;
  readonly sha256: string;
}

/** One whose test data hold real images. */
export interface ImagePackage extends PinnedSource {
  /** By the name that tests know an image by. */
  readonly images: Readonly<Record<string, { readonly member: string; readonly sha256: string }>>;
}

const lockfile = join(import.meta.dirname, 'images.lock.json');

const { packages, programs } = JSON.parse(readFileSync(lockfile, 'utf8')) as {
  readonly packages: readonly ImagePackage[];
  readonly programs: readonly PinnedSource[];
};

export const imagePackages = packages;

/** The source of a program that judges. */
export function pinnedSource(name: string): PinnedSource {
  const found = programs.find((each) => each.package === name);
  if (found === undefined) throw new Error(`images.lock.json has no program ${name}`);
  return found;
}

/** The folder of the cache that a package's images lie in; other pins have another. */
export function imageFolder(source: ImagePackage): string {
  const digest = createHash('sha256').update(JSON.stringify(source)).digest('hex');
  return `images-${source.package}-${digest.slice(0, 12)}`;
}

/** The path of an image that Debian has; it is there when the tests' setup could download it. */
export function debianImage(name: string): string | undefined {
  const source = imagePackages.find(({ images }) => Object.hasOwn(images, name));
  return source === undefined ? undefined : join(cached(imageFolder(source)), name);
}

/** Takes the images out of a downloaded archive. @throws Error when anything is not what is pinned */
export async function takeImages(source: ImagePackage, archive: string, folder: string): Promise<void> {
  await checkArchive(source, archive);
  const unpacked = join(folder, '.unpacked');
  mkdirSync(unpacked);
  const members = Object.values(source.images).map(({ member }) => member);
  execFileSync('tar', ['-xf', archive, '-C', unpacked, ...members]);
  for (const [name, { member, sha256 }] of Object.entries(source.images)) {
    const bytes = readFileSync(join(unpacked, member));
    expectDigest(member, createHash('sha256').update(bytes).digest('hex'), sha256);
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  execFileSync('rm', ['-r', unpacked]);
}

/** @throws Error when a downloaded archive is not the one that is pinned */
export async function checkArchive({ file, sha256 }: PinnedSource, archive: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(archive)) hash.update(part as Buffer);
  expectDigest(file, hash.digest('hex'), sha256);
}

function expectDigest(what: string, found: string, expected: string): void {
  if (found !== expected) throw new Error(`${what} has the sha256 ${found} instead of ${expected}`);
}
