#include "checks.h"
#include "clock.h"
#include "io.h"
#include "pci.h"
#include "power.h"
#include "report.h"
#include "screen.h"

enum { keyboard_data = 0x60, keyboard_status = 0x64, host_has_milliseconds = 30000 };

/* Before the machine ends, whoever watches may want its screen: a key press says that they have it. */
static void wait_for_host(void)
{
    for (int i = 0; i < 64 && in8(keyboard_status) & 1; i++)
        in8(keyboard_data);
    say("waiting for a key, 30 seconds at most");
    struct deadline deadline = milliseconds(host_has_milliseconds);
    while (!expired(&deadline))
        if (in8(keyboard_status) & 1)
            return;
}

void probe(uint32_t loader_magic)
{
    clear_screen();
    say("cidermill probe");
    catch_faults();
    pci_scan();
    check_firmware(loader_magic);
    check_smbios();
    check_smc();
    check_acpi();
    check_disks();
    check_network();
    check_cpu();
    int code = verdict() ? exit_all_seen : exit_missing;
    wait_for_host();
    end_machine(code);
}
