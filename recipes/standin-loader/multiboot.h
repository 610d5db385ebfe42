#pragma once
#include <stdint.h>

/* Multiboot Specification 0.6.96, 3.3: what the loader of this loader leaves, up to the memory map. */
struct multiboot_info {
    uint32_t flags, memory_lower, memory_upper, boot_device, command_line;
    uint32_t modules[2], symbols[4];
    uint32_t map_length, map;
};

enum { multiboot_loaded = 0x2badb002, multiboot_has_map = 1 << 6 };

/* `size` does not count itself. */
struct multiboot_range {
    uint32_t size;
    uint64_t start, length;
    uint32_t type;
} __attribute__((packed));
