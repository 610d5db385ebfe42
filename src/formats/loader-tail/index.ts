/**
 * Sectors of 512 bytes that are free behind the last one that a file can lie in, on every disk laid out here. Chameleon
 * reads 64 sectors at a time from a wanted one on, whatever the disk's size, and firmware refuses a read beyond its end:
 * a file in a disk's last 63 sectors cannot be read, and settings in it are not seen.
 */
export const tailSectors = 128;

/** In bytes. */
export const tailBytes = tailSectors * 512;
