#pragma once
#include "volume.h"

enum { root_folder = 2, longest_name = 255 };

/* What the catalog says of a file or folder by its number: where it lies, and its name there. */
struct thread {
    bool is_folder;
    uint32_t parent;
    uint16_t length;
    uint16_t name[longest_name];
};

/*
 * Finds the thread record of a catalog node (TN1150, "Catalog File"). Null when it was found, else why not;
 * `no_such_node` when the catalog is sound and has no such node.
 */
const char *find_thread(const struct volume *volume, uint32_t id, struct thread *thread);
extern const char no_such_node[];
