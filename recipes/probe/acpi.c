#include "acpi.h"
#include "checks.h"
#include "memory.h"
#include "report.h"

/* ACPI 6.4: 5.2.5 (RSDP), 5.2.6 (header), 5.2.7 (RSDT), 5.2.9 (FADT). QEMU's tables lie below 4 GiB. */
enum { header_size = 36, rsdt_address = 16, fadt_dsdt = 40, most_tables = 64, most_length = 1 << 20 };

static bool is_table(const uint8_t *table, const char *signature)
{
    uint32_t length = acpi_length(table);
    return same(table, signature, 4) && length >= header_size && length <= most_length &&
           sums_to_zero(table, length);
}

const uint8_t *acpi_table_number(const char signature[4], unsigned number)
{
    const uint8_t *rsdp = find_rsdp();
    if (rsdp == NULL)
        return NULL;
    const uint8_t *rsdt = at(le32(rsdp + rsdt_address));
    if (!is_table(rsdt, "RSDT"))
        return NULL;
    uint32_t count = (acpi_length(rsdt) - header_size) / 4;
    for (uint32_t i = 0; i < count && i < most_tables; i++) {
        const uint8_t *table = at(le32(rsdt + header_size + 4 * i));
        if (is_table(table, signature) && number-- == 0)
            return table;
    }
    return NULL;
}

const uint8_t *acpi_table(const char signature[4])
{
    if (!same(signature, "DSDT", 4))
        return acpi_table_number(signature, 0);
    const uint8_t *fadt = acpi_table_number("FACP", 0);
    if (fadt == NULL || acpi_length(fadt) < fadt_dsdt + 4)
        return NULL;
    const uint8_t *dsdt = at(le32(fadt + fadt_dsdt));
    return is_table(dsdt, "DSDT") ? dsdt : NULL;
}

/*
 * Name (_HID, EisaId ("APP0001")): 08, "_HID", 0c and the identifier compressed to four bytes (19.6.37), or the same
 * identifier as a string.
 */
static bool names_smc(const uint8_t *table)
{
    return find(table, acpi_length(table), "\x08_HID\x0c\x06\x10\x00\x01", 10, 1) != NULL ||
           find(table, acpi_length(table), "\x08_HID\x0d" "APP0001", 13, 1) != NULL;
}

void check_acpi(void)
{
    const uint8_t *dsdt = acpi_table("DSDT");
    if (dsdt == NULL) {
        missing("acpi", "no DSDT through RSDP, RSDT and FADT");
        return;
    }
    if (names_smc(dsdt)) {
        seen("acpi", "the DSDT announces the SMC (APP0001), OEM %.*s", 6u, (const char *)dsdt + 10);
        return;
    }
    for (unsigned i = 0; i < most_tables; i++) {
        const uint8_t *ssdt = acpi_table_number("SSDT", i);
        if (ssdt == NULL)
            break;
        if (names_smc(ssdt)) {
            seen("acpi", "an SSDT announces the SMC (APP0001)");
            return;
        }
    }
    missing("acpi", "neither DSDT nor SSDT announces the SMC (APP0001)");
}
