#include "report.h"
#include "format.h"
#include "io.h"
#include <stdint.h>

/* 16550: the line status register's bit 5 says that a byte can be written; an absent UART reads as ff. */
enum { debug_console = 0xe9, com1 = 0x3f8, line_status = com1 + 5, may_write = 0x20, most_tries = 100000 };

/* A command line of boot_line_length characters, and the words around it. */
enum { longest_line = 1200 };

enum { columns = 80, rows = 25, grey = 0x07 };

static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;
static bool screen_used;
static int row, column;

static unsigned checks, missed_count;
static const char *missed[16];

void use_text_screen(void)
{
    screen_used = true;
    for (int i = 0; i < columns * rows; i++)
        screen[i] = grey << 8 | ' ';
}

/* A line longer than the screen is cut there, and so is what does not fit below. */
static void put_on_screen(char c)
{
    if (c == '\n') {
        row++;
        column = 0;
    } else if (row < rows && column < columns)
        screen[row * columns + column++] = (uint16_t)(grey << 8 | (uint8_t)c);
}

static void put(char c)
{
    if (screen_used)
        put_on_screen(c);
    out8(debug_console, (uint8_t)c);
    for (int i = 0; i < most_tries && !(in8(line_status) & may_write); i++)
        ;
    out8(com1, (uint8_t)c);
}

static void put_text(const char *text)
{
    while (*text)
        put(*text++);
}

static void put_check(const char *tag, const char *name, const char *pattern, va_list values)
{
    char what[longest_line];
    format(what, sizeof what, pattern, values);
    put_text(tag);
    const char *end = name;
    while (*end)
        end++;
    put_text(name);
    for (int column = (int)(end - name); column < 13; column++)
        put(' ');
    put_text(what);
    put('\n');
    checks++;
}

void say(const char *pattern, ...)
{
    char line[longest_line];
    va_list values;
    va_start(values, pattern);
    format(line, sizeof line, pattern, values);
    va_end(values);
    put_text(line);
    put('\n');
}

void seen(const char *name, const char *pattern, ...)
{
    va_list values;
    va_start(values, pattern);
    put_check("[ ok ] ", name, pattern, values);
    va_end(values);
}

void missing(const char *name, const char *pattern, ...)
{
    va_list values;
    va_start(values, pattern);
    put_check("[miss] ", name, pattern, values);
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
    put_text("missing:");
    for (unsigned i = 0; i < missed_count; i++) {
        put_text(i ? ", " : " ");
        put_text(missed[i]);
    }
    put('\n');
    return false;
}
