#include "screen.h"
#include "host.h"
#include "io.h"

/* Foreground colours (12.4.3). */
enum { debug_console = 0xe9, light_grey = 0x07, light_green = 0x0a, light_red = 0x0c, white = 0x0f };

static void print(const char *from, size_t length)
{
    uint16_t text[64];
    while (length > 0) {
        size_t count = 0;
        for (; count < length && count + 1 < sizeof text / sizeof *text; count++)
            text[count] = (uint8_t)from[count];
        text[count] = 0;
        efi->output->output_string(efi->output, text);
        from += count;
        length -= count;
    }
}

void clear_screen(void) { efi->output->clear_screen(efi->output); }

/* On the screen first: whoever sees the line on the debug console may take a picture at once. */
void put_line(const char *line, enum tag tag)
{
    enum { tag_length = 6 };
    size_t length = 0;
    while (line[length])
        length++;
    size_t coloured = tag == tag_none ? 0 : length < tag_length ? length : tag_length;
    efi->output->set_attribute(efi->output, tag == tag_seen ? light_green : light_red);
    print(line, coloured);
    efi->output->set_attribute(efi->output, tag == tag_none ? white : light_grey);
    print(line + coloured, length - coloured);
    print("\r\n", 2);
    for (size_t i = 0; i < length; i++)
        out8(debug_console, (uint8_t)line[i]);
    out8(debug_console, '\n');
}
