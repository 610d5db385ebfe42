#include "checks.h"
#include "host.h"
#include "memory.h"
#include "report.h"

/* 12.9.2: formats 0 and 1 have four bytes a pixel, 2 says its masks, 3 has no frame buffer to write to. */
enum { format_blt_only = 3 };

/* 7.2: a descriptor's type and pages; ordinary memory, and what the firmware's services may need after the handover. */
enum { conventional = 7, runtime_code = 5, runtime_data = 6, page_size = 4096 };

void check_firmware(void)
{
    char vendor[40];
    uint32_t revision = efi->revision;
    seen("firmware", "%s, UEFI %u.%u", ascii(vendor, sizeof vendor, efi->firmware_vendor), revision >> 16,
         (revision & 0xffff) / 10);
}

void check_graphics(void)
{
    static const efi_guid guid = GRAPHICS_OUTPUT;
    struct graphics_output *graphics = NULL;
    if (efi->boot->locate_protocol(&guid, NULL, (void **)&graphics) != efi_success)
        missing("graphics", "no graphics output protocol");
    else if (graphics->mode->info->format >= format_blt_only)
        missing("graphics", "%u x %u without a frame buffer", graphics->mode->info->width,
                graphics->mode->info->height);
    else
        seen("graphics", "%u x %u, frame buffer at %llx, %llu bytes", graphics->mode->info->width,
             graphics->mode->info->height, (unsigned long long)graphics->mode->frame_buffer,
             (unsigned long long)graphics->mode->frame_buffer_size);
}

void check_memory_map(void)
{
    uint64_t size = 0, key, descriptor_size = 0, free_pages = 0;
    uint32_t version, runtime = 0;
    efi->boot->get_memory_map(&size, NULL, &key, &descriptor_size, &version);
    /* The allocation itself may add descriptors. */
    size += 8 * descriptor_size;
    uint8_t *map = descriptor_size >= 40 ? allocate(size) : NULL;
    if (map == NULL || efi->boot->get_memory_map(&size, map, &key, &descriptor_size, &version) != efi_success) {
        missing("memory", "the firmware gives none");
        return;
    }
    for (uint64_t at = 0; at + descriptor_size <= size; at += descriptor_size) {
        uint32_t type = le32(map + at);
        if (type == conventional)
            free_pages += le64(map + at + 24);
        runtime += type == runtime_code || type == runtime_data;
    }
    seen("memory", "%llu MiB free, %u ranges of runtime services",
         (unsigned long long)(free_pages * page_size >> 20), runtime);
    release(map);
}
