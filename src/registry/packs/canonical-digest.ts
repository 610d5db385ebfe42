import { createHash } from 'node:crypto';
import type { Sha256 } from '../../base/index.ts';
import { canonicalQcow2 } from '../../formats/qcow2/index.ts';
import { chunkSize } from './disk-index.ts';
import type { DiskView, Scan } from './disk-view.ts';

const cluster = 65_536;

/** The size and digest of the one qcow2 image that a disk has in canonical form, without writing it. */
export async function canonicalDigest(
  view: DiskView,
  { size, chunks }: Scan,
): Promise<{ readonly size: number; readonly digest: Sha256 }> {
  const numbers = chunks.map(({ number }) => number);
  const { tables, size: whole } = canonicalQcow2(size, numbers);
  const hash = createHash('sha256').update(tables);
  for (const number of numbers) {
    const bytes = (await view.chunk(number)) ?? Buffer.alloc(0);
    hash.update(bytes);
    const rest = bytes.length % cluster;
    if (bytes.length < chunkSize && rest !== 0) hash.update(Buffer.alloc(cluster - rest));
  }
  return { size: whole, digest: hash.digest('hex') as Sha256 };
}
