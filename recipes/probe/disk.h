#pragma once
#include <stdint.h>

/* A disk as volume.c reads it, whatever it hangs on: the probe has AHCI, the stand-in loader the BIOS. */
enum { sector_size = 512 };

struct disk;

uint64_t disk_sectors(const struct disk *disk);

/* Null when the disk refuses, or has not so many sectors. Valid until the next call; `count` is at most 16. */
const uint8_t *disk_read(const struct disk *disk, uint64_t sector, uint16_t count);
