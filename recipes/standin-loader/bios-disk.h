#pragma once
#include "disk.h"
#include <stdbool.h>

struct disk {
    /* The firmware's number: 0x80 is the first hard disk. */
    uint8_t drive;
    uint64_t sectors;
};

enum { most_disks = 8, first_drive = 0x80 };

/* The hard disks that the firmware reads in sectors of 512 bytes, by their numbers; gives how many. */
unsigned find_disks(struct disk disks[most_disks]);

/* Has a read failed, and been shown, since the loader was started? */
extern bool disk_has_failed;

/* Reads `length` bytes from a byte offset on; false when the disk refuses. */
bool disk_bytes(const struct disk *disk, uint64_t offset, void *to, uint32_t length);
