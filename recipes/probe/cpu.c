#include "acpi.h"
#include "checks.h"
#include "memory.h"
#include "report.h"

/* ACPI 6.4, 5.2.12 (MADT): the entries follow the header and eight bytes; type 0 is a local APIC, type 9 an x2APIC. */
enum { madt_entries = 44, local_apic = 0, local_x2apic = 9, enabled = 1 };

static unsigned count_cpus(void)
{
    const uint8_t *madt = acpi_table("APIC");
    unsigned count = 0;
    if (madt == NULL)
        return 0;
    const uint8_t *end = madt + acpi_length(madt);
    for (const uint8_t *p = madt + madt_entries; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1])
        if ((p[0] == local_apic && p[1] >= 8 && p[4] & enabled) || (p[0] == local_x2apic && p[1] >= 16 && p[8] & enabled))
            count++;
    return count;
}

static void cpuid(uint32_t leaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    asm volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(0));
}

void check_cpu(void)
{
    uint32_t a, b, c, d;
    char vendor[12];
    cpuid(0, &a, &b, &c, &d);
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);

    /* Intel SDM volume 2, CPUID, leaf 1: the extended fields count for some families only. */
    cpuid(1, &a, &b, &c, &d);
    unsigned family = a >> 8 & 0xf, model = a >> 4 & 0xf;
    if (family == 6 || family == 15)
        model |= a >> 12 & 0xf0;
    if (family == 15)
        family += a >> 20 & 0xff;

    unsigned count = count_cpus();
    if (count == 0)
        missing("cpu", "%.*s, but ACPI (MADT) lists no processor", 12u, vendor);
    else
        seen("cpu", "%u x %.*s, family %u model %u stepping %u", count, 12u, vendor, family, model, a & 0xf);
}
