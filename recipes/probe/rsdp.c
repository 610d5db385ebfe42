#include "acpi.h"
#include "memory.h"

/* In the first KiB of the extended BIOS data area, or from e0000 to fffff. */
const uint8_t *find_rsdp(void)
{
    uint32_t ebda = (uint32_t)le16(at(0x40e)) << 4;
    struct {
        uint32_t from, length;
    } areas[] = {{ebda, 1024}, {0xe0000, 0x20000}};
    for (int i = 0; i < 2; i++) {
        const uint8_t *p = at(areas[i].from), *end = p + areas[i].length;
        while (areas[i].from && (p = find(p, (size_t)(end - p), "RSD PTR ", 8, 16)) != NULL) {
            if (sums_to_zero(p, 20))
                return p;
            p += 16;
        }
    }
    return NULL;
}
