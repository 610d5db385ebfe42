#include "handover.h"
#include "crc32.h"
#include "memory-map.h"
#include "memory.h"
#include "text.h"

enum { page = 4096, efi_mode_64 = 64 };

static uint32_t next_free;

/* Zeroed memory behind the kernel, from a page's begin on. */
static void *take(uint32_t size)
{
    void *taken = (void *)next_free;
    next_free += (size + page - 1) & ~(uint32_t)(page - 1);
    memset(taken, 0, size);
    return taken;
}

static uint32_t efi_type(uint32_t e820)
{
    switch (e820) {
    case range_usable:
        return memory_conventional;
    case range_acpi:
        return memory_acpi_reclaim;
    case range_nvs:
        return memory_acpi_nvs;
    default:
        return memory_reserved;
    }
}

static struct memory_descriptor *make_memory_map(void)
{
    struct memory_descriptor *map = take(memory_range_count * sizeof *map);
    for (unsigned i = 0; i < memory_range_count; i++) {
        const struct range *range = &memory_ranges[i];
        map[i] = (struct memory_descriptor){
            .type = efi_type(range->type),
            .physical_start = range->start,
            .virtual_start = range->start,
            .pages = range->length / page,
        };
    }
    return map;
}

static uint8_t *put_node(uint8_t *at, uint32_t properties, uint32_t children)
{
    *(struct tree_node *)at = (struct tree_node){properties, children};
    return at + sizeof(struct tree_node);
}

static uint8_t *put_property(uint8_t *at, const char *name, const char *value)
{
    struct tree_property *property = (void *)at;
    uint32_t length = (uint32_t)text_length(value) + 1;
    text_append(property->name, sizeof property->name, name);
    property->length = length;
    memcpy(at + sizeof *property, value, length);
    return at + sizeof *property + ((length + 3) & ~3u);
}

/* The root with /chosen and /efi in it; gives its length. */
static uint32_t make_device_tree(uint8_t *tree, const char *command_line)
{
    uint8_t *at = put_node(tree, 3, 2);
    at = put_property(at, "name", "device-tree");
    at = put_property(at, "compatible", "ACPI");
    at = put_property(at, "model", "cidermill stand-in loader");
    at = put_node(at, 2, 0);
    at = put_property(at, "name", "chosen");
    at = put_property(at, "boot-args", command_line);
    at = put_node(at, 2, 0);
    at = put_property(at, "name", "efi");
    at = put_property(at, "firmware-abi", "EFI64");
    return (uint32_t)(at - tree);
}

static struct efi_system_table *make_efi_table(void)
{
    struct efi_system_table *table = take(sizeof *table);
    memcpy(table->signature, efi_signature, sizeof table->signature);
    table->revision = 1 << 16 | 10;
    table->header_size = sizeof *table;
    table->crc32 = crc32(table, sizeof *table);
    return table;
}

#define fill(args) \
    do { \
        text_append(args->command_line, boot_line_length, handover->command_line); \
        args->version = (uint16_t)handover->version; \
        args->efi_mode = efi_mode_64; \
        args->memory_map = (uint32_t)make_memory_map(); \
        args->memory_map_size = memory_range_count * sizeof(struct memory_descriptor); \
        args->descriptor_size = sizeof(struct memory_descriptor); \
        args->descriptor_version = 1; \
        args->video = handover->video; \
        args->device_tree = (uint32_t)take(page); \
        args->device_tree_length = make_device_tree((uint8_t *)args->device_tree, args->command_line); \
        args->kernel_address = kernel->start; \
        args->kernel_size = kernel->end - kernel->start; \
        args->efi_system_table = (uint32_t)make_efi_table(); \
        args->runtime_page_start = args->efi_system_table / page; \
        args->runtime_page_count = 1; \
    } while (0)

uint32_t hand_over(const struct kernel *kernel, const struct handover *handover)
{
    next_free = (kernel->end + page - 1) & ~(uint32_t)(page - 1);
    if (handover->version == 1) {
        struct boot_args_1 *args = take(sizeof *args);
        fill(args);
        args->revision = 6;
        return (uint32_t)args;
    }
    struct boot_args *args = take(sizeof *args);
    fill(args);
    if (handover->wide_video) {
        const struct boot_video *video = &handover->video;
        args->wide_video = (struct wide_boot_video){
            .mode = video->mode,
            .row_bytes = video->row_bytes,
            .width = video->width,
            .height = video->height,
            .depth = video->depth,
            .address = video->address,
        };
        args->video = (struct boot_video){0};
    }
    args->physical_memory_size = usable_memory();
    return (uint32_t)args;
}
