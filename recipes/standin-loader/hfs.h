#pragma once
#include "bios-disk.h"
#include "volume.h"
#include <stddef.h>

/* An open HFS+ or HFSX volume (Apple TN1150). Only the extents that lie in the records themselves, eight a fork. */
enum { fork_extents = 8 };

struct fork {
    uint64_t size;
    struct {
        uint32_t start, count;
    } extents[fork_extents];
};

struct hfs {
    const struct disk *disk;
    uint64_t first_byte;
    uint32_t block_size, root_node;
    uint16_t node_size;
    bool case_sensitive;
    struct fork catalog;
};

bool hfs_open(const struct disk *disk, const struct volume *volume, struct hfs *hfs);

/* The volume's name, ended by a NUL; what is not ASCII becomes '?'. */
bool hfs_name(const struct hfs *hfs, char *to, size_t room);

/* The data fork of a file by its path, ASCII, without a slash at its begin. */
bool hfs_find(const struct hfs *hfs, const char *path, struct fork *fork);

/* Is there a file or folder by that path? */
bool hfs_has(const struct hfs *hfs, const char *path);

bool hfs_read(const struct hfs *hfs, const struct fork *fork, uint64_t offset, void *to, uint32_t length);
