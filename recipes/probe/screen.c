#include "io.h"
#include "screen.h"
#include <stdint.h>

enum { debug_console = 0xe9, columns = 80, rows = 25, grey = 0x07, white = 0x0f, green = 0x0a, red = 0x0c };
enum { crtc_index = 0x3d4, crtc_data = 0x3d5, crtc_cursor_start = 0x0a, cursor_off = 0x20 };

/* Character in the low byte, attribute in the high one. */
static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;
static int row;

void clear_screen(void)
{
    for (int i = 0; i < columns * rows; i++)
        screen[i] = grey << 8 | ' ';
    out8(crtc_index, crtc_cursor_start);
    out8(crtc_data, cursor_off);
    row = 0;
}

void put_line(const char *line, enum tag tag)
{
    static const uint8_t tag_colours[] = {[tag_none] = white, [tag_seen] = green, [tag_missing] = red};
    int column = 0;
    for (const char *c = line; *c; c++) {
        out8(debug_console, (uint8_t)*c);
        if (row < rows && column < columns) {
            int colour = column < 6 || tag == tag_none ? tag_colours[tag] : grey;
            screen[row * columns + column++] = (uint16_t)(colour << 8 | (uint8_t)*c);
        }
    }
    out8(debug_console, '\n');
    row++;
}
