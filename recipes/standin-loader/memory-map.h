#pragma once
#include "multiboot.h"
#include <stdbool.h>

/* A range of memory as the firmware's E820 calls it. */
struct range {
    uint64_t start, length;
    uint32_t type;
};

enum { most_ranges = 64, range_usable = 1, range_acpi = 3, range_nvs = 4 };

extern struct range memory_ranges[most_ranges];
extern unsigned memory_range_count;

/* Copies the map out of the way; false when there is none. */
bool read_memory_map(const struct multiboot_info *info);

uint64_t usable_memory(void);

/* Is all of it usable memory, in one range? */
bool is_usable(uint64_t start, uint64_t length);
