import { Failure } from '../../base/index.ts';

/** Where bytes are: a file, and the way in through the images and packages in one another. */
export interface ImagePath {
  readonly file: string;
  /** A path in the file, a path in what is there, and so on. */
  readonly inside: readonly string[];
  /** Of the encrypted images on the way. */
  readonly password?: string | undefined;
}

/** The deepest of Apple's: an image with a package with InstallESD.dmg with BaseSystem.dmg. */
const deepest = 8;

/** Reads `outer.dmg:/inner.pkg:/member`. @throws Failure 'usage' when it is deeper than anything real */
export function parseImagePath(path: string | ImagePath): ImagePath {
  if (typeof path !== 'string') return path;
  const [file = '', ...inside] = path.split(':/');
  if (inside.length > deepest)
    throw new Failure('usage', `${path} names more than ${deepest} images in one another`);
  return { file, inside };
}

export function showImagePath({ file, inside }: ImagePath): string {
  return [file, ...inside].join(':/');
}
