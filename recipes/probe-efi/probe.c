#include "checks.h"
#include "host.h"
#include "power.h"
#include "report.h"
#include "screen.h"

enum { host_has_seconds = 30 };

efi_status run(void)
{
    clear_screen();
    say("cidermill probe, an EFI application");
    check_firmware();
    check_graphics();
    check_smbios();
    check_smc();
    check_acpi();
    check_memory_map();
    check_volume();
    check_kernel();
    int code = verdict() ? exit_all_seen : exit_missing;
    /* Whoever watches may want the screen before the machine ends. */
    say("waiting for a key, %u seconds at most", (unsigned)host_has_seconds);
    wait_for_key(host_has_seconds);
    end_machine(code);
    return efi_success;
}
