#include "handover.h"
#include "report.h"

/* The frame buffer's colours: what a screenshot of the running kernel must show, top to bottom. */
static const uint32_t bands[] = {0x1e7d32, 0xf9a825, 0xc62828};
enum { band_count = sizeof bands / sizeof *bands };

/* As 32 or 16 (5-6-5) bits a pixel; other depths stay as they are. */
static uint16_t as_565(uint32_t colour)
{
    return (uint16_t)((colour >> 8 & 0xf800) | (colour >> 5 & 0x7e0) | (colour >> 3 & 0x1f));
}

static void paint(const struct boot_video *video)
{
    for (uint32_t y = 0; y < video->height; y++) {
        uint32_t colour = bands[y * band_count / video->height];
        uintptr_t row = video->address + (uintptr_t)y * video->row_bytes;
        for (uint32_t x = 0; x < video->width; x++)
            if (video->depth == 32)
                ((volatile uint32_t *)row)[x] = colour;
            else if (video->depth == 16)
                ((volatile uint16_t *)row)[x] = as_565(colour);
    }
}

void check_video(const struct handover *handover)
{
    const struct boot_video *video = &handover->video;
    if (video->mode == video_vga_text) {
        seen("video", "VGA text");
        return;
    }
    uint64_t size = (uint64_t)video->row_bytes * video->height;
    if (video->width == 0 || video->height > 16384 || video->row_bytes < (uint64_t)video->width * video->depth / 8 ||
        !plausible(video->address, size)) {
        missing("video", "%ux%ux%u, %u bytes a row, at %08x", video->width, video->height, video->depth,
                video->row_bytes, video->address);
        return;
    }
    paint(video);
    seen("video", "%ux%ux%u at %08x, %s", video->width, video->height, video->depth, video->address,
         video->mode == video_graphics ? "graphics" : "text");
}
