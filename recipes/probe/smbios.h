#pragma once
#include <stdbool.h>
#include <stdint.h>

/* System Management BIOS Reference Specification 2.8, 7: types of structures. */
enum { type_bios = 0, type_system = 1, type_baseboard = 2, type_end = 127 };

/* All structures, one after the other. */
struct tables {
    const uint8_t *from, *end;
};

/* Finds them by an entry point whose checksum is right (5.2.1). */
bool find_tables(struct tables *tables);

/* The first structure of a type, or null. */
const uint8_t *structure_of_type(struct tables tables, int type);

/* The string whose number, from 1, stands at an offset of the structure; "-" where there is none. */
const char *string_at(const uint8_t *structure, int offset, struct tables tables);
