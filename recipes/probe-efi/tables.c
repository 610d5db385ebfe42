#include "acpi.h"
#include "checks.h"
#include "host.h"
#include "memory.h"
#include "report.h"
#include "smbios.h"

/* 4.6.1 */
static const efi_guid acpi_20 = {0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
static const efi_guid smbios_2 = {0xeb9d2d31, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
static const efi_guid smbios_3 = {0xf2fd1544, 0x9794, 0x4a2c, {0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94}};

const uint8_t *find_rsdp(void)
{
    const uint8_t *rsdp = table_of(&acpi_20);
    return rsdp && same(rsdp, "RSD PTR ", 8) && sums_to_zero(rsdp, 20) ? rsdp : NULL;
}

/* System Management BIOS Reference Specification 3.0: 5.2.1 and 5.2.2. */
bool find_tables(struct tables *tables)
{
    const uint8_t *entry = table_of(&smbios_2);
    if (entry && same(entry, "_SM_", 4) && entry[5] >= 31 && sums_to_zero(entry, entry[5])) {
        tables->from = at(le32(entry + 24));
        tables->end = tables->from + le16(entry + 22);
        return true;
    }
    entry = table_of(&smbios_3);
    if (entry && same(entry, "_SM3_", 5) && entry[6] >= 24 && sums_to_zero(entry, entry[6])) {
        tables->from = (const uint8_t *)(uintptr_t)le64(entry + 16);
        tables->end = tables->from + le32(entry + 12);
        return true;
    }
    return false;
}

void check_smbios(void)
{
    struct tables tables;
    if (!find_tables(&tables)) {
        missing("smbios", "no entry point in the configuration tables");
        return;
    }
    const uint8_t *system = structure_of_type(tables, type_system);
    if (system == NULL || structure_of_type(tables, type_baseboard) == NULL)
        missing("smbios", "no structure of type %u", (uint32_t)(system ? type_baseboard : type_system));
    else
        seen("smbios", "type 1: %.*s %.*s, and type 2", 20u, string_at(system, 4, tables), 40u,
             string_at(system, 5, tables));
}
