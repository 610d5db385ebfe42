import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '../../src/host/index.ts';
import { createFrom } from '../../src/image/create/create-dmg.ts';
import { openImage } from '../../src/image/open/open-image.ts';
import { storeBy, type DmgKind } from './dmg-inputs.ts';

/** A Debian package that a volume is filled with. */
interface PinnedPackage {
  readonly package: string;
  readonly version: string;
  readonly sha256: string;
}

const mebibyte = 2 ** 20;
/** How much of a volume its files take. */
const filled = 0.85;

export interface RealInput {
  readonly kind: DmgKind;
  /** What a chunk decodes to, in bytes. */
  readonly chunkSize: number;
  /** Of the volume, in bytes. */
  readonly size: number;
}

/**
 * Makes an image of an HFS+ volume that is full of real files, once: it is kept in the folder.
 * @returns its path
 */
export async function realInput(folder: string, { kind, chunkSize, size }: RealInput): Promise<string> {
  const path = join(folder, `real-${kind}-${chunkSize / 1024}k-${size / mebibyte}.dmg`);
  if (existsSync(path)) return path;
  const volume = filledVolume(folder, size);
  console.error(`making ${path}`);
  const image = await openImage(volume);
  try {
    const store = await storeBy(kind, size);
    await createFrom(image.disk, path, () => store, { chunkSize });
  } finally {
    await image.close();
  }
  return path;
}

/** Makes a raw volume of a size, filled with an even sample of the packages' files. */
function filledVolume(folder: string, size: number): string {
  const volume = join(folder, `real-${size / mebibyte}.img`);
  if (existsSync(volume)) return volume;
  const tree = unpackedPackages(folder);
  console.error(`making ${volume}`);
  const sample = join(folder, `sample.${process.pid}`);
  try {
    sampleFiles(tree, sample, size * filled);
    const launch = join(packageRoot, 'bin/cidermill.mjs');
    const contents = readdirSync(sample).map((name) => join(sample, name));
    const args = [
      launch,
      'hfs',
      'new',
      volume,
      ...contents,
      '--size',
      `${size / mebibyte}M`,
      '--name',
      'Real',
    ];
    execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } finally {
    rmSync(sample, { recursive: true, force: true });
  }
  return volume;
}

/** Links files of a tree into a folder, evenly chosen, so that they take that many bytes. */
function sampleFiles(tree: string, sample: string, bytes: number): void {
  const files = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path, size: Math.ceil(lstatSync(path).size / 4096) * 4096 }));
  const all = files.reduce((sum, file) => sum + file.size, 0);
  let [seen, taken] = [0, 0];
  for (const { path, size } of files) {
    seen += size;
    if (taken + size > Math.min(bytes, seen * (bytes / all) + 4096)) continue;
    taken += size;
    const target = join(sample, relative(tree, path));
    mkdirSync(dirname(target), { recursive: true });
    linkSync(path, target);
  }
  if (taken < bytes * 0.97) throw new Error(`the packages hold ${taken} bytes that fit, not ${bytes}`);
}

/** Downloads the pinned packages by the host's apt and unpacks them. @returns the folder with one folder for each */
function unpackedPackages(folder: string): string {
  const tree = join(folder, 'packages');
  if (existsSync(tree)) return tree;
  const [partial, downloads] = [`${tree}.partial`, join(folder, 'downloads')];
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  const text = readFileSync(new URL('./real-packages.json', import.meta.url), 'utf8');
  for (const { package: name, version, sha256 } of JSON.parse(text) as PinnedPackage[]) {
    const found = (): string | undefined =>
      readdirSync(downloads).find((file) => file.startsWith(`${name}_${version.replace(':', '%3a')}_`));
    if (found() === undefined)
      execFileSync('apt-get', ['-q', 'download', `${name}=${version}`], { cwd: downloads, stdio: 'inherit' });
    const archive = join(downloads, found() ?? '');
    const sum = createHash('sha256').update(readFileSync(archive)).digest('hex');
    if (sum !== sha256) throw new Error(`${archive} has the sha256 ${sum}, expected ${sha256}`);
    mkdirSync(join(partial, name), { recursive: true });
    execFileSync('dpkg-deb', ['-x', archive, join(partial, name)]);
  }
  renameSync(partial, tree);
  return tree;
}
