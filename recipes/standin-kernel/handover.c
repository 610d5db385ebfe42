#include "handover.h"
#include "memory.h"
#include "report.h"

#define copy(from) \
    do { \
        *handover = (struct handover){ \
            .version = from->version, \
            .revision = from->revision, \
            .efi_mode = from->efi_mode, \
            .command_line = from->command_line, \
            .memory_map = from->memory_map, \
            .memory_map_size = from->memory_map_size, \
            .descriptor_size = from->descriptor_size, \
            .video = from->video, \
            .device_tree = from->device_tree, \
            .device_tree_length = from->device_tree_length, \
            .kernel_address = from->kernel_address, \
            .kernel_size = from->kernel_size, \
            .efi_system_table = from->efi_system_table, \
        }; \
    } while (0)

/* xnu since Darwin 16: the old fields count where the new ones say nothing. */
static void widen_video(const struct wide_boot_video *wide, struct boot_video *video)
{
    if (wide->mode == video_vga_text || wide->address >> 32)
        return;
    *video = (struct boot_video){
        .address = (uint32_t)wide->address,
        .mode = wide->mode,
        .row_bytes = wide->row_bytes,
        .width = wide->width,
        .height = wide->height,
        .depth = wide->depth,
    };
}

bool read_handover(uint32_t address, unsigned darwin, struct handover *handover)
{
    const struct boot_args *args = physical(address);
    const struct boot_args_1 *args_1 = physical(address);
    if (!plausible(address, sizeof *args)) {
        *handover = (struct handover){.command_line = ""};
        return false;
    }
    if (args->version == 1) {
        copy(args_1);
    } else {
        copy(args);
        if (darwin >= first_darwin_with_wide_video)
            widen_video(&args->wide_video, &handover->video);
    }
    return args->version == 1 || args->version == 2;
}

void check_version(const struct handover *handover, bool known, unsigned darwin)
{
    unsigned expected = darwin >= first_darwin_with_version_2 ? 2 : 1;
    if (!known || handover->version != expected)
        missing("boot-args", "version %u revision %u, where Darwin %u needs version %u", handover->version,
                handover->revision, darwin, expected);
    else
        seen("boot-args", "version %u revision %u, EFI mode %u", handover->version, handover->revision,
             handover->efi_mode);
}

void check_command_line(const struct handover *handover)
{
    unsigned length = 0;
    while (length < boot_line_length && handover->command_line[length])
        length++;
    if (length == boot_line_length)
        missing("command-line", "it does not end");
    else
        seen("command-line", "\"%.*s\"", length, handover->command_line);
}

void check_kernel(const struct handover *handover, const void *first, const void *end, uint64_t loaded, uint64_t zeroed)
{
    uint64_t kernel_end = (uint64_t)handover->kernel_address + handover->kernel_size;
    if (handover->kernel_address > where(first) || kernel_end < where(end))
        missing("kernel", "%08x and %u bytes are not where it is", handover->kernel_address, handover->kernel_size);
    else if (loaded != loaded_value)
        missing("kernel", "its data is not what the file holds");
    else if (zeroed != 0)
        missing("kernel", "its zero-filled memory is not");
    else
        seen("kernel", "at %08x, %u bytes", handover->kernel_address, handover->kernel_size);
}

void check_memory_map(const struct handover *handover, const void *kernel)
{
    uint32_t size = handover->descriptor_size, length = handover->memory_map_size;
    if (size < sizeof(struct memory_descriptor) || length / size == 0 || length % size ||
        !plausible(handover->memory_map, length)) {
        missing("memory-map", "%u bytes at %08x, %u an entry", length, handover->memory_map, size);
        return;
    }
    uint64_t conventional = 0;
    bool holds_kernel = false;
    for (uint32_t offset = 0; offset < length; offset += size) {
        const struct memory_descriptor *entry = physical(handover->memory_map + offset);
        if (entry->type >= memory_types) {
            missing("memory-map", "entry %u has the type %u", offset / size, entry->type);
            return;
        }
        if (entry->type != memory_conventional)
            continue;
        conventional += entry->pages;
        holds_kernel |= entry->physical_start <= where(kernel) &&
                        where(kernel) < entry->physical_start + (entry->pages << 12);
    }
    if (!holds_kernel)
        missing("memory-map", "%u entries, none of them memory that the kernel is in", length / size);
    else
        seen("memory-map", "%u entries, %llu MiB to use", length / size, (unsigned long long)conventional >> 8);
}
