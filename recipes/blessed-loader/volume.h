#pragma once
#include "fault.h"
#include "host.h"

/* Apple TN1150, "Volume Header": where an HFS+ volume keeps its catalog, and what is blessed. */
struct volume {
    efi_handle handle;
    struct block_io *block_io;
    uint64_t size; /* of the partition, in bytes */
    uint32_t block_size, total_blocks;
    uint32_t finder_info[8];
    struct extent {
        uint32_t start, count; /* in allocation blocks */
    } catalog[8];
    uint64_t catalog_size;
    struct fault fault; /* of one that is damaged */
};

enum found { no_hfs, hfs_sound, hfs_damaged };

/* Looks for an HFS+ volume on a disk or partition, without the driver: its header lies 1024 bytes into it. */
enum found look_at(efi_handle handle, struct volume *volume);

/* Reads bytes of the partition, wherever its sectors begin. False when they are not there or cannot be read. */
bool read_bytes(const struct volume *volume, uint64_t offset, void *to, size_t length);

/* Reads bytes of the catalog file. */
bool read_catalog(const struct volume *volume, uint64_t offset, void *to, size_t length);
