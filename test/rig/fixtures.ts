import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { debianImage } from './judges/images.ts';

/** Other people's files, which are not part of the project: CIDERMILL_FIXTURES, or beside the checkout. */
const folder = process.env['CIDERMILL_FIXTURES'] ?? resolve(import.meta.dirname, '../../../shared/fixtures');

/** The path of a real image: in the fixtures folder, or from a source package of Debian's (judges/images.lock.json). */
export function fixture(name: string): string {
  const own = join(folder, name);
  return existsSync(own) ? own : (debianImage(name) ?? own);
}

/** Is this real image at hand? */
export function has(name: string): boolean {
  return existsSync(fixture(name));
}

/**
 * Of the real images that a test can be run with, those at hand. The others are told by test/rig/fixtures.test.ts.
 * @throws Error when none is: a test that tries nothing would pass
 */
export function present<T extends string | { readonly name: string }>(images: readonly T[]): T[] {
  const found = images.filter((image) => has(typeof image === 'string' ? image : image.name));
  if (found.length === 0) throw new Error(`not one of ${JSON.stringify(images)} is at hand: see ${folder}`);
  return found;
}

/** Every real image that a test asks for by name and that no source package has. */
export const named = [
  ...['container-apfs.dmg', 'container.dmg', 'container.pkg'].map((name) => `brew/${name}`),
  ...['adc', 'aes256', 'bzip2', 'lzfse', 'lzma', 'ro', 'zlib'].map((kind) => `dmgwiz/input_${kind}.dmg`),
  ...['etcher-sdk/invalid.dmg', 'etcher-sdk/raw-image-not-a-dmg.dmg'],
  ...['goxar/valid.pkg', 'goxar/bad_signature.pkg'],
  ...['hfsinspect/hfsj.bin.7z', 'hfsplus-rs/hfsp-many2.img.xz', 'hfsplus-rs/hfsp-small.img.xz'],
  ...['kaitokit/hfs-decmpfs.dmg', 'lzfse_rust/html.lzfse', 'lzfse_rust/vx1.lzfse'],
];
