/** Bytes that have to be written at a place of a disk, in bytes from its start. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}
