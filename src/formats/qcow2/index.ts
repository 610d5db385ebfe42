export { canonicalChunk, canonicalQcow2, type CanonicalQcow2 } from './canonical.ts';
export { openQcow2Disk, type Qcow2Disk } from './disk.ts';
export { makeOverlay, type Overlay } from './overlay.ts';
export { readQcow2, type Qcow2 } from './read.ts';
