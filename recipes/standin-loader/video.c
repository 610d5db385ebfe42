#include "video.h"
#include "bios.h"
#include "memory.h"
#include "text.h"

/* VESA BIOS Extension 3.0: functions 4f00 (controller), 4f01 (mode) and 4f02 (set mode). */
enum { service = 0x10, succeeded = 0x004f, mode_list = 14, most_modes = 256, list_end = 0xffff, mode_block = 0x200 };
enum { attributes = 0, pitch = 16, width_at = 18, height_at = 20, depth_at = 25, frame_buffer = 40, linear = 0x4000 };
enum { supported_and_linear = 0x81 };

static bool vesa(uint32_t function, uint32_t parameter, uint32_t at)
{
    struct registers registers = {
        .eax = function, .ebx = parameter, .ecx = parameter, .es = exchange_segment, .edi = at};
    bios(service, &registers);
    return (registers.eax & 0xffff) == succeeded;
}

static bool fits(const uint8_t *mode, unsigned width, unsigned height, unsigned depth)
{
    return (le16(mode + attributes) & supported_and_linear) == supported_and_linear && le16(mode + width_at) == width &&
           le16(mode + height_at) == height && mode[depth_at] == depth;
}

struct boot_video set_video(const char *wanted)
{
    const struct boot_video text = {
        .address = 0xb8000, .mode = video_vga_text, .row_bytes = 160, .width = 80, .height = 25, .depth = 8};
    uint8_t *controller = (uint8_t *)exchange, *mode = (uint8_t *)exchange + mode_block;
    unsigned size[3];
    for (int i = 0; i < 3; i++) {
        size[i] = text_number(&wanted);
        if (*wanted)
            wanted++;
    }
    memcpy(controller, "VBE2", 4);
    if (!vesa(0x4f00, 0, 0))
        return text;
    uint32_t list = le16(controller + mode_list) + ((uint32_t)le16(controller + mode_list + 2) << 4);
    for (unsigned i = 0; i < most_modes; i++) {
        uint16_t number = le16(at(list + 2 * i));
        if (number == list_end)
            break;
        if (!vesa(0x4f01, number, mode_block) || !fits(mode, size[0], size[1], size[2]))
            continue;
        if (!vesa(0x4f02, number | linear, 0))
            break;
        return (struct boot_video){le32(mode + frame_buffer), video_graphics, le16(mode + pitch), size[0], size[1], size[2]};
    }
    return text;
}
