import type { Deflate } from '../../formats/stream/index.ts';

export interface CreateOptions {
  /** UDZO: zlib chunks; UDRO: the bytes as they are but for zeros. UDZO by default. */
  readonly format?: 'UDZO' | 'UDRO' | undefined;
  /** Of zlib, 1 to 9; 1 by default, as in hdiutil. */
  readonly level?: number | undefined;
  /** What compresses, in this thread; by default the zlib that Node was built with. */
  readonly deflate?: Deflate | undefined;
  /** What a chunk decodes to at the most, in bytes, whole sectors; 1 MiB by default, as in hdiutil's newer images. */
  readonly chunkSize?: number | undefined;
  /** How many of the disk's bytes are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many worker threads compress; 0 compresses in this one. By default as many as cores, 2 to 4; none for small disks. */
  readonly threads?: number | undefined;
}
