#pragma once
#include "hfs.h"

/* A volume that can be chosen. */
struct system {
    struct hfs hfs;
    unsigned disk, partition;
    char name[64];
    /* ProductVersion of its SystemVersion.plist; empty where there is none. */
    char version[16];
};

enum { most_systems = 10 };

/* The HFS+ volumes of all disks, in their order; gives how many. */
unsigned find_systems(struct system systems[most_systems]);

/* A text file of a volume, ended by a NUL; null when there is none, or none that fits. Valid until the next call. */
const char *read_text(const struct hfs *hfs, const char *path);

/* The version's second number: 10 of "10.10.5"; 0 without one. */
unsigned minor_version(const struct system *system);
