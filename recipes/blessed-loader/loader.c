#include "blessed.h"
#include "driver.h"
#include "files.h"
#include "image.h"
#include "report.h"
#include "screen.h"
#include "volume.h"

static const efi_guid block_io = BLOCK_IO;

enum { most_volumes = 8 };

/*
 * Looks at every volume before it starts one. A program that returns is no way out: the next volume may be another's
 * system. Returns the first fault, or null when a program was started and has returned.
 */
static struct fault start_first(efi_handle *handles, size_t count)
{
    struct fault first = {"volume", "no HFS+ volume on any disk"};
    unsigned volumes = 0;
    for (size_t i = 0; i < count && volumes < most_volumes; i++) {
        struct volume volume;
        enum found found = look_at(handles[i], &volume);
        if (found == no_hfs)
            continue;
        struct fault fault = found == hfs_damaged ? volume.fault : start_from(&volume);
        if (fault.name == NULL)
            return fault;
        say("  %s: %s", fault.name, fault.text);
        if (volumes++ == 0)
            first = fault;
    }
    return first;
}

efi_status run(void)
{
    clear_screen();
    say("cidermill blessed loader");
    struct fault fault = load_driver();
    if (fault.name == NULL) {
        size_t count;
        efi_handle *handles = handles_with(&block_io, &count);
        fault = start_first(handles, count);
        release(handles);
    }
    if (fault.name == NULL)
        return efi_success;
    missing(fault.name, "%s", fault.text);
    verdict();
    say("press a key to go back to the firmware");
    wait_for_key(0);
    return efi_load_error;
}
