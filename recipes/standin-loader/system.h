#pragma once
#include "hfs.h"

/* A volume as Chameleon knows it. */
struct system {
    struct hfs hfs;
    /* As in hd(1,2). An Apple map's entries are counted from the one behind the map's own, from 0 on. */
    unsigned disk, partition;
    char name[64];
    /* ProductVersion of its SystemVersion.plist; empty where there is none. */
    char version[16];
    /* Is it in the menu? Behind a GPT or an MBR only with a version. */
    bool listed;
    /* Is it a medium to install from? */
    bool installer;
};

enum { most_systems = 16 };

/* The HFS+ volumes of all disks that have a partition map, in their order; gives how many. */
unsigned find_systems(struct system systems[most_systems]);

/*
 * A text file of a volume, ended by a NUL; null when there is none, none that fits, or none that can be read, which has
 * then been shown (`disk_has_failed`). Valid until the next call.
 */
const char *read_text(const struct hfs *hfs, const char *path);

/* The first two numbers of the version, 10.10 of "10.10.5"; empty without one. */
void release(const struct system *system, char to[6]);

/* The version's second number: 10 of "10.10.5"; 0 without one. */
unsigned minor_version(const struct system *system);
