#include "crc32.h"
#include "handover.h"
#include "memory.h"
#include "report.h"

enum { most_header = 256, crc_offset = 16 };

/* The checksum is that of the header with zeros in its place. */
static bool sound(const struct efi_system_table *table)
{
    uint8_t header[most_header];
    memcpy(header, table, table->header_size);
    memset(header + crc_offset, 0, 4);
    return crc32(header, table->header_size) == table->crc32;
}

void check_efi(const struct handover *handover)
{
    const struct efi_system_table *table = physical(handover->efi_system_table);
    if (!plausible(handover->efi_system_table, sizeof *table))
        missing("efi", "no system table at %08x", handover->efi_system_table);
    else if (!same(table->signature, efi_signature, sizeof table->signature))
        missing("efi", "the system table's signature is %.*s", 8u, table->signature);
    else if (table->header_size < crc_offset + 4 || table->header_size > most_header || !sound(table))
        missing("efi", "the system table's checksum is wrong");
    else
        seen("efi", "system table %.*s, revision %u.%u", 8u, table->signature, table->revision >> 16,
             table->revision & 0xffff);
}
