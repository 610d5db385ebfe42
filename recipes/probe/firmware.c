#include "checks.h"
#include "memory.h"
#include "report.h"
#include "smbios.h"

enum { bios_area = 0xf0000, bios_area_size = 0x10000, multiboot_magic = 0x2badb002 };

bool find_tables(struct tables *tables)
{
    const uint8_t *from = at(bios_area), *end = from + bios_area_size;
    for (const uint8_t *p = from; p < end; p += 16) {
        p = find(p, (size_t)(end - p), "_SM_", 4, 16);
        if (p == NULL || p + 31 > end)
            return false;
        if (p[5] > end - p || !sums_to_zero(p, p[5]) || !same(p + 16, "_DMI_", 5))
            continue;
        tables->from = at(le32(p + 24));
        tables->end = tables->from + le16(p + 22);
        return true;
    }
    return false;
}

void check_firmware(uint32_t loader_magic)
{
    struct tables tables;
    if (loader_magic != multiboot_magic) {
        missing("firmware", "the loader left %08x in eax, not the multiboot magic", loader_magic);
        return;
    }
    const uint8_t *bios = find_tables(&tables) ? structure_of_type(tables, type_bios) : NULL;
    if (bios == NULL)
        missing("firmware", "multiboot, but no SMBIOS structure of type 0 says which firmware");
    else
        seen("firmware", "%.*s %.*s, multiboot", 20u, string_at(bios, 4, tables), 30u, string_at(bios, 5, tables));
}

void check_smbios(void)
{
    struct tables tables;
    if (!find_tables(&tables)) {
        missing("smbios", "no _SM_ entry point from f0000 to fffff");
        return;
    }
    const uint8_t *board = structure_of_type(tables, type_baseboard);
    if (board == NULL)
        missing("smbios", "no structure of type 2 (base board)");
    else
        seen("smbios", "type 2: %.*s %.*s", 12u, string_at(board, 4, tables), 40u, string_at(board, 5, tables));
}
