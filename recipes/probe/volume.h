#pragma once
#include "disk.h"

/* Where an HFS+ volume lies on a disk, and what its header says (Apple TN1150, "Volume Header"). */
struct volume {
    /* From 1, as its map counts; 0 where there is no map. */
    unsigned partition;
    /* "H+" or "HX", ended by a NUL. */
    char signature[3];
    uint64_t first_sector;
    uint32_t block_size, total_blocks;
};

struct volumes {
    /* "GPT", "APM", "MBR" or "no map". */
    const char *map;
    unsigned count;
    struct volume list[16];
};

/* The HFS+ volumes of a disk in the order of its map, the first 16 of them. */
void find_volumes(const struct disk *disk, struct volumes *volumes);
