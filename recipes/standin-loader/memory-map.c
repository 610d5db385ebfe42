#include "memory-map.h"

struct range memory_ranges[most_ranges];
unsigned memory_range_count;

bool read_memory_map(const struct multiboot_info *info)
{
    if (!(info->flags & multiboot_has_map))
        return false;
    uint32_t end = info->map + info->map_length;
    for (uint32_t at = info->map; at + sizeof(struct multiboot_range) <= end && memory_range_count < most_ranges;) {
        const struct multiboot_range *from = (const void *)(uintptr_t)at;
        memory_ranges[memory_range_count++] = (struct range){from->start, from->length, from->type};
        at += from->size + sizeof from->size;
    }
    return memory_range_count > 0;
}

uint64_t usable_memory(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < memory_range_count; i++)
        if (memory_ranges[i].type == range_usable)
            sum += memory_ranges[i].length;
    return sum;
}

bool is_usable(uint64_t start, uint64_t length)
{
    for (unsigned i = 0; i < memory_range_count; i++) {
        const struct range *range = &memory_ranges[i];
        if (range->type == range_usable && start >= range->start && start - range->start <= range->length &&
            length <= range->length - (start - range->start))
            return true;
    }
    return false;
}
