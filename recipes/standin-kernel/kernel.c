#include "clock.h"
#include "handover.h"
#include "io.h"
#include "power.h"
#include "report.h"

/* Loaders look for this text in the file; the number in it decides what they hand over. */
const char version[] = "Darwin Kernel Version " DARWIN ": cidermill stand-in, not Darwin; RELEASE_X86_64";

extern const char base[], linkedit_end[];

/* One word of the file's __DATA, and one behind it that the loader has to clear. */
static volatile uint64_t loaded = loaded_value, zeroed;

enum { keyboard_data = 0x60, keyboard_status = 0x64, has_byte = 0x01, from_mouse = 0x20, released = 0x80 };
enum { host_has_milliseconds = 10000 };

/* The release of a key that was pressed for the loader is none. */
static bool key_pressed(void)
{
    uint8_t status = in8(keyboard_status);
    return status & has_byte && !(in8(keyboard_data) & released) && !(status & from_mouse);
}

/* Before the machine ends, whoever watches may want its screen: a key press says that they have it. */
static void wait_for_host(void)
{
    for (int i = 0; i < 64 && in8(keyboard_status) & has_byte; i++)
        in8(keyboard_data);
    say("waiting for a key, 10 seconds at most");
    struct deadline deadline = milliseconds(host_has_milliseconds);
    while (!expired(&deadline) && !key_pressed())
        ;
}

void kernel(uint32_t boot_args)
{
    struct handover handover;
    bool known = read_handover(boot_args, DARWIN_MAJOR, &handover);
    if (known && handover.video.mode == video_vga_text)
        use_text_screen();
    say("%s", version);
    check_version(&handover, known, DARWIN_MAJOR);
    check_command_line(&handover);
    check_kernel(&handover, base, linkedit_end, loaded, zeroed);
    check_memory_map(&handover, base);
    check_device_tree(&handover);
    check_efi(&handover);
    check_video(&handover);
    int code = verdict() ? exit_all_seen : exit_missing;
    wait_for_host();
    end_machine(code);
}
