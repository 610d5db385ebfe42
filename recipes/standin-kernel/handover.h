#pragma once
#include "boot-args.h"
#include <stdbool.h>

/* What both versions of the boot arguments have, read once. */
struct handover {
    uint16_t version, revision;
    uint8_t efi_mode;
    const char *command_line;
    uint32_t memory_map, memory_map_size, descriptor_size;
    struct boot_video video;
    uint32_t device_tree, device_tree_length, kernel_address, kernel_size, efi_system_table;
};

/* As a kernel of that version reads it. False when the version at `address` is none that is known. */
bool read_handover(uint32_t address, unsigned darwin, struct handover *handover);

/* What __DATA must hold when the kernel is entered. */
#define loaded_value 0x636964657264617aull

/* Each looks at one thing that was handed over and reports it. */
void check_version(const struct handover *handover, bool known, unsigned darwin);
void check_command_line(const struct handover *handover);
void check_kernel(const struct handover *handover, const void *first, const void *end, uint64_t loaded, uint64_t zeroed);
void check_memory_map(const struct handover *handover, const void *kernel);
void check_device_tree(const struct handover *handover);
void check_efi(const struct handover *handover);
void check_video(const struct handover *handover);

/* Memory at a physical address: all below 4 GiB is mapped where it is. */
static inline const void *physical(uint32_t address) { return (const void *)(uintptr_t)address; }

/* The physical address of something of the kernel's own. */
static inline uint32_t where(const void *own) { return (uint32_t)((uintptr_t)own & 0x3fffffff); }

/* Do `length` bytes lie above the first page and below 4 GiB? */
static inline bool plausible(uint32_t address, uint64_t length)
{
    return address >= 4096 && length > 0 && address + length <= 1ull << 32;
}
