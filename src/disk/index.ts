export { describeDisk, type DiskInfo } from './describe-disk.ts';
export { fixDisk } from './fix-disk.ts';
export { growDisk } from './grow-disk.ts';
export { layOut } from './lay-out.ts';
export { sealedSource, type Sealed, type SealedVolume } from './sealed-source.ts';
export { writeCanonical } from './write-canonical.ts';
export { newDisk } from './new-disk.ts';
export { findDiskTools } from './qemu-img.ts';
