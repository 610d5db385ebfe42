import type { ByteSource } from './byte-source.ts';

/** Bytes that can be written anywhere: a file, memory. `size` grows by writing; what was never written reads as zeros. */
export interface ByteTarget extends ByteSource {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** As `read`, into memory that the caller has: where much is looked at and little of it kept. */
  readInto?(offset: number, into: Uint8Array): Promise<void>;
}
