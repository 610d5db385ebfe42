#include "console.h"
#include "bios.h"
#include "format.h"
#include "text.h"
#include <stdint.h>

/* Character in the low byte, attribute in the high one. */
static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;
static int row, column;

/* Mode 2: 80 columns of text. */
void console_start(void)
{
    bios(0x10, &(struct registers){.eax = 0x0002});
    console_clear_from(0);
}

void console_move(int to_row, int to_column)
{
    row = to_row;
    column = to_column;
    uint32_t place = (uint32_t)(row << 8 | column);
    bios(0x10, &(struct registers){.eax = 0x0200, .edx = place});
}

void console_clear_from(int from)
{
    for (int i = from * columns; i < rows * columns; i++)
        screen[i] = normal << 8 | ' ';
    console_move(from, 0);
}

static void put(char c)
{
    if (c != '\n' && column < columns)
        screen[row * columns + column++] = (uint16_t)(normal << 8 | (uint8_t)c);
    if (c != '\n' && column < columns)
        return;
    column = 0;
    if (++row < rows)
        return;
    for (int i = 0; i < (rows - 1) * columns; i++)
        screen[i] = screen[i + columns];
    console_clear_from(rows - 1);
}

void print(const char *pattern, ...)
{
    /* A line of kernel flags is the longest thing that is printed. */
    static char text[1200];
    va_list values;
    va_start(values, pattern);
    format(text, sizeof text, pattern, values);
    va_end(values);
    for (const char *c = text; *c; c++)
        put(*c);
    console_move(row, column);
}

void print_item(int at, const char *text, bool chosen)
{
    enum { first = 2, indent = 2, plain = 40 };
    volatile uint16_t *cell = screen + at * columns + first;
    int room = columns - first, length = (int)text_length(text), coloured = chosen ? length + 2 * indent : plain;
    for (int i = 0; i < coloured && i < room; i++)
        cell[i] = (uint16_t)((chosen ? inverse : normal) << 8 | ' ');
    for (int i = 0; (i < length || i < plain) && i + indent < room; i++)
        cell[i + indent] = (uint16_t)((cell[i + indent] & 0xff00) | (uint8_t)(i < length ? text[i] : ' '));
}

void console_rub_out(void)
{
    if (column > 0)
        console_move(row, column - 1);
    screen[row * columns + column] = normal << 8 | ' ';
}
