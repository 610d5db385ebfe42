import { FormatError, type ByteSource } from '../base/index.ts';
import { checkChunks, isSignedBy, readChunklist, readPublicKey } from '../formats/chunklist/index.ts';
import { openNested } from './open/nested.ts';
import { openOuter } from './open/outer/open-outer.ts';
import { parseImagePath, type ImagePath } from './open/place.ts';

export interface ChunklistOptions {
  /** A public key's file: PEM, or a bare modulus. */
  readonly key?: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ChunklistVerdict {
  readonly chunks: number;
  /** What vouches for the list: the key given, a signature that no key was given for, or its own digest alone. */
  readonly vouched: 'key' | 'unjudged-signature' | 'digest' | 'unknown';
}

/**
 * Holds a file against Apple's chunklist of it. Both may be inside an image: `InstallESD.dmg:/BaseSystem.chunklist`.
 * @throws FormatError where the file is another, the list is damaged, or a key was given and did not sign it
 */
export async function verifyChunklist(
  file: string | ImagePath,
  list: string | ImagePath,
  { key, onProgress, signal }: ChunklistOptions = {},
): Promise<ChunklistVerdict> {
  const chunklist = await reading(list, readChunklist);
  const publicKey =
    key === undefined
      ? undefined
      : readPublicKey(await reading(key, (source) => source.read(0, Math.min(source.size, 2 ** 16))));
  if (publicKey !== undefined && !isSignedBy(chunklist, publicKey)) {
    throw new FormatError('chunklist', 'the list was not signed with this key, or was changed afterwards', {
      offset: chunklist.signed.length,
    });
  }
  await reading(file, (source) => checkChunks(chunklist, source, { onProgress, signal }));
  const { kind } = chunklist.signature;
  const unkeyed = kind === 'rsa-2048' ? 'unjudged-signature' : kind;
  return { chunks: chunklist.chunks.length, vouched: publicKey === undefined ? unkeyed : 'key' };
}

/** Opens a file, or one inside an image, for as long as `use` takes. */
async function reading<Result>(
  path: string | ImagePath,
  use: (source: ByteSource) => Promise<Result>,
): Promise<Result> {
  const place = parseImagePath(path);
  const outer = await openOuter(place);
  try {
    return await use(await openNested(outer.source, place.inside, place.password));
  } finally {
    await outer.close();
  }
}
