#include "report.h"
#include "format.h"
#include "io.h"
#include <stdint.h>

enum { debug_console = 0xe9, columns = 80, rows = 25, grey = 0x07, white = 0x0f, green = 0x0a, red = 0x0c };
enum { crtc_index = 0x3d4, crtc_data = 0x3d5, crtc_cursor_start = 0x0a, cursor_off = 0x20 };

/* Character in the low byte, attribute in the high one. */
static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;
static int row;

static int checks;
static const char *missed[24];
static unsigned missed_count;

void clear_screen(void)
{
    for (int i = 0; i < columns * rows; i++)
        screen[i] = grey << 8 | ' ';
    out8(crtc_index, crtc_cursor_start);
    out8(crtc_data, cursor_off);
    row = 0;
}

/* A line longer than the screen is cut there and whole on the console; what does not fit below is on the console only. */
static void put_line(const char *line, int tag_colour)
{
    int column = 0;
    for (const char *c = line; *c; c++) {
        out8(debug_console, (uint8_t)*c);
        if (row < rows && column < columns) {
            int colour = column < 6 && tag_colour ? tag_colour : tag_colour ? grey : white;
            screen[row * columns + column++] = (uint16_t)(colour << 8 | (uint8_t)*c);
        }
    }
    out8(debug_console, '\n');
    row++;
}

static void put_check(const char *tag, int colour, const char *name, const char *pattern, va_list values)
{
    char what[160], line[192];
    format(what, sizeof what, pattern, values);

    int length = 0;
    for (const char *c = tag; *c; c++)
        line[length++] = *c;
    line[length++] = ' ';
    for (const char *c = name; *c; c++)
        line[length++] = *c;
    while (length < 17)
        line[length++] = ' ';
    for (const char *c = what; *c; c++)
        line[length++] = *c;
    line[length] = 0;
    put_line(line, colour);
    checks++;
}

void say(const char *pattern, ...)
{
    char line[160];
    va_list values;
    va_start(values, pattern);
    format(line, sizeof line, pattern, values);
    va_end(values);
    put_line(line, 0);
}

void seen(const char *name, const char *pattern, ...)
{
    va_list values;
    va_start(values, pattern);
    put_check("[ ok ]", green, name, pattern, values);
    va_end(values);
}

void missing(const char *name, const char *pattern, ...)
{
    va_list values;
    va_start(values, pattern);
    put_check("[miss]", red, name, pattern, values);
    va_end(values);
    if (missed_count < sizeof missed / sizeof *missed)
        missed[missed_count++] = name;
}

bool verdict(void)
{
    if (missed_count == 0) {
        say("all %u seen", checks);
        return true;
    }
    char names[160];
    unsigned length = 0;
    for (unsigned i = 0; i < missed_count; i++) {
        for (const char *c = i ? ", " : ""; *c && length + 1 < sizeof names; c++)
            names[length++] = *c;
        for (const char *c = missed[i]; *c && length + 1 < sizeof names; c++)
            names[length++] = *c;
    }
    names[length] = 0;
    say("missing: %s", names);
    return false;
}
