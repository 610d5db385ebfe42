#pragma once
#include <stdint.h>

/* The root pointer (ACPI 6.4, 5.2.5), where the firmware leaves it, its checksum right; or null. */
const uint8_t *find_rsdp(void);

/* The table with that signature, its checksum right, or null. "DSDT" is found through "FACP". */
const uint8_t *acpi_table(const char signature[4]);

/* The `number`th (from 0) of the tables with that signature. */
const uint8_t *acpi_table_number(const char signature[4], unsigned number);

static inline uint32_t acpi_length(const uint8_t *table)
{
    return table[4] | table[5] << 8 | table[6] << 16 | (uint32_t)table[7] << 24;
}
