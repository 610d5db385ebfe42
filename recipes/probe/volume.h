#pragma once
#include "ahci.h"

/* Where an HFS+ volume lies on a disk, and what its header says (Apple TN1150, "Volume Header"). */
struct volume {
    /* "GPT", "APM", "MBR" or "no map". */
    const char *map;
    /* 0 when none was found. "H+" or "HX" else, ended by a NUL. */
    char signature[3];
    uint64_t first_sector;
    uint32_t block_size, total_blocks;
};

void find_volume(const struct disk *disk, struct volume *volume);
