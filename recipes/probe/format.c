#include "format.h"
#include <stdbool.h>
#include <stdint.h>

struct text {
    char *to;
    size_t length, room;
};

static void put(struct text *text, char c)
{
    if (text->length + 1 < text->room)
        text->to[text->length++] = c;
}

static void put_string(struct text *text, const char *s, size_t most)
{
    for (; most > 0 && *s; s++, most--)
        put(text, *s >= ' ' && *s <= '~' ? *s : '?');
}

/* Divides in place, 16 bits at a time: a 64-bit division would need libgcc. */
static uint32_t divide(uint64_t *value, uint32_t by)
{
    uint32_t rest = 0;
    uint64_t quotient = 0;
    for (int shift = 48; shift >= 0; shift -= 16) {
        uint32_t part = rest << 16 | (uint32_t)(*value >> shift & 0xffff);
        quotient = quotient << 16 | part / by;
        rest = part % by;
    }
    *value = quotient;
    return rest;
}

static void put_number(struct text *text, uint64_t value, uint32_t base, int width)
{
    char digits[20];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[divide(&value, base)];
    } while (value);
    while (width-- > count)
        put(text, '0');
    while (count)
        put(text, digits[--count]);
}

void format(char *to, size_t room, const char *pattern, va_list values)
{
    struct text text = {to, 0, room};
    for (const char *p = pattern; *p; p++) {
        if (*p != '%') {
            put(&text, *p);
            continue;
        }
        p++;
        size_t most = SIZE_MAX;
        int width = 0;
        if (p[0] == '.' && p[1] == '*') {
            most = va_arg(values, uint32_t);
            p += 2;
        } else if (p[0] == '0') {
            width = p[1] - '0';
            p += 2;
        }
        bool wide = p[0] == 'l' && p[1] == 'l';
        if (wide)
            p += 2;
        switch (*p) {
        case 's':
            put_string(&text, va_arg(values, const char *), most);
            break;
        case 'u':
        case 'x':
            put_number(&text, wide ? va_arg(values, uint64_t) : va_arg(values, uint32_t), *p == 'u' ? 10 : 16, width);
            break;
        default:
            put(&text, *p);
        }
    }
    text.to[text.length] = 0;
}
