#include "text.h"

enum { largest_number = 99999 };

size_t text_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

bool text_begins(const char *text, const char *with)
{
    while (*with)
        if (*text++ != *with++)
            return false;
    return true;
}

const char *text_find(const char *text, const char *wanted)
{
    for (; *text; text++)
        if (text_begins(text, wanted))
            return text;
    return NULL;
}

void text_append(char *to, size_t room, const char *more)
{
    size_t length = text_length(to);
    while (*more && length + 1 < room)
        to[length++] = *more++;
    to[length] = 0;
}

unsigned text_number(const char **text)
{
    unsigned value = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        if (value <= largest_number)
            value = value * 10 + (unsigned)(**text - '0');
    return value > largest_number ? largest_number : value;
}
