import type { Sha256 } from '../../base/index.ts';
import { packSize, type DiskIndex, type FramePlace, type Pack } from './disk-index.ts';

/** More packs than these are made fewer where they could be fuller; registries and their clients mind many layers. */
const mostPacks = 100;

/** Where frames of chunks lie already, by the chunks' digests. */
export type Known = ReadonlyMap<Sha256, FramePlace>;

/** What earlier indexes have. */
export function knownChunks(indexes: readonly DiskIndex[]): Known {
  const known = new Map<Sha256, FramePlace>();
  for (const { chunks } of indexes)
    for (const { digest, pack, offset, length } of chunks)
      if (!known.has(digest)) known.set(digest, { pack, offset, length });
  return known;
}

/**
 * Which of the known frames a new version goes on using: those of packs that it needs at least half of; and where packs
 * are many and small, only those of the larger ones.
 * @param wanted the digests of the new version's chunks
 */
export function worthReusing(known: Known, wanted: ReadonlySet<Sha256>): Known {
  const needed = new Map<string, { pack: Pack; bytes: number }>();
  for (const digest of wanted) {
    const place = known.get(digest);
    if (place === undefined) continue;
    const entry = needed.get(place.pack.digest) ?? { pack: place.pack, bytes: 0 };
    entry.bytes += place.length;
    needed.set(place.pack.digest, entry);
  }
  const worthy = [...needed.values()].filter(({ pack, bytes }) => bytes * 2 >= pack.size);
  const total = worthy.reduce((sum, { pack }) => sum + pack.size, 0);
  const isCrowded = worthy.length > mostPacks && worthy.length > 1.5 * Math.ceil(total / packSize);
  const kept = new Set(
    worthy.filter(({ pack }) => !isCrowded || pack.size * 2 >= packSize).map(({ pack }) => pack.digest),
  );
  return new Map([...known].filter(([digest, { pack }]) => wanted.has(digest) && kept.has(pack.digest)));
}
