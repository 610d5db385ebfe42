#include "smbios.h"
#include <stddef.h>

/* Section 6.1.2. The strings follow the structure, each ended by a NUL, the last by two. */
static const uint8_t *next_structure(const uint8_t *structure, const uint8_t *end)
{
    const uint8_t *p = structure + structure[1];
    while (p + 1 < end && (p[0] || p[1]))
        p++;
    return p + 2;
}

const uint8_t *structure_of_type(struct tables tables, int type)
{
    const uint8_t *p = tables.from;
    while (p + 4 <= tables.end && p[1] >= 4 && p + p[1] <= tables.end && p[0] != type_end) {
        if (p[0] == type)
            return p;
        p = next_structure(p, tables.end);
    }
    return NULL;
}

const char *string_at(const uint8_t *structure, int offset, struct tables tables)
{
    int number = offset < structure[1] ? structure[offset] : 0;
    const uint8_t *p = structure + structure[1];
    for (; number > 1 && p < tables.end; number--)
        while (p < tables.end && *p++)
            ;
    return number == 1 && p < tables.end ? (const char *)p : "-";
}
