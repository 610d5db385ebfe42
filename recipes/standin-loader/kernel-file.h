#pragma once
#include "hfs.h"

/* A kernel where it runs. Addresses are physical. */
struct kernel {
    uint32_t entry, start, end;
};

/* Reads an x86-64 Mach-O executable and puts its segments into place; gives null, or why it cannot. */
const char *load_kernel(const struct hfs *hfs, const struct fork *fork, struct kernel *kernel);
