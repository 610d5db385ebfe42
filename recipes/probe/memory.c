#include "memory.h"

/* gcc calls memset and memcpy on its own, also in freestanding code. */
void *memset(void *to, int value, size_t length)
{
    uint8_t *p = to;
    while (length--)
        *p++ = (uint8_t)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t length)
{
    uint8_t *p = to;
    const uint8_t *q = from;
    while (length--)
        *p++ = *q++;
    return to;
}

bool same(const void *a, const void *b, size_t length)
{
    const uint8_t *p = a, *q = b;
    while (length--)
        if (*p++ != *q++)
            return false;
    return true;
}

const uint8_t *find(const void *from, size_t length, const void *wanted, size_t wanted_length, size_t step)
{
    const uint8_t *p = from;
    for (size_t offset = 0; offset + wanted_length <= length; offset += step)
        if (same(p + offset, wanted, wanted_length))
            return p + offset;
    return NULL;
}

bool sums_to_zero(const void *from, size_t length)
{
    const uint8_t *p = from;
    uint8_t sum = 0;
    while (length--)
        sum = (uint8_t)(sum + *p++);
    return sum == 0;
}
