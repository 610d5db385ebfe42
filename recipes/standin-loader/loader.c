#include "console.h"
#include "handover.h"
#include "io.h"
#include "keyboard.h"
#include "memory-map.h"
#include "menu.h"
#include "plist.h"
#include "text.h"
#include "video.h"

/* start.S: leaves the loader for good. */
void enter(uint32_t entry, uint32_t boot_args) __attribute__((noreturn));

static const char config_path[] = "Extra/org.chameleon.Boot.plist";
static const char *const kernel_paths[] = {"System/Library/Kernels/kernel", "mach_kernel"};

struct config {
    char timeout[8], kernel_flags[longest_flags], graphics_mode[16];
};

static void show_banner(void)
{
    console_clear_from(0);
    print("\ncidermill stand-in loader\nIt stands in for Chameleon's stage 2 and starts stand-in kernels.\n%uMB memory\n",
          (unsigned)(usable_memory() >> 20));
    console_move(menu_row, 0);
}

static void value(const char *xml, const char *key, char *to, size_t room)
{
    if (xml == NULL || !plist_text(xml, key, to, room))
        to[0] = 0;
}

/* The first volume's that has one. */
static void read_config(const struct system *systems, unsigned count, struct config *config)
{
    const char *xml = NULL;
    for (unsigned i = 0; i < count && xml == NULL; i++)
        xml = read_text(&systems[i].hfs, config_path);
    value(xml, "Timeout", config->timeout, sizeof config->timeout);
    value(xml, "Kernel Flags", config->kernel_flags, sizeof config->kernel_flags);
    value(xml, "Graphics Mode", config->graphics_mode, sizeof config->graphics_mode);
}

static void complain(const char *what, const char *more)
{
    print("%s%s\nPress any key for the menu.", what, more);
    read_key();
}

/* Comes back only when that cannot be done. */
static void start_up(const struct system *system, const struct config *config, const char *flags)
{
    static char command_line[boot_line_length];
    struct fork fork;
    const char *path = NULL;
    console_clear_from(menu_row);
    for (unsigned i = 0; i < sizeof kernel_paths / sizeof *kernel_paths && path == NULL; i++)
        if (hfs_find(&system->hfs, kernel_paths[i], &fork))
            path = kernel_paths[i];
    if (path == NULL) {
        complain("Can't find a kernel: the volume has neither /System/Library/Kernels/kernel nor /mach_kernel.", "");
        return;
    }
    print("Loading /%s from %s\n", path, system->name);
    struct kernel kernel;
    const char *fault = load_kernel(&system->hfs, &fork, &kernel);
    if (fault) {
        complain("The kernel cannot be started: ", fault);
        return;
    }
    command_line[0] = 0;
    text_append(command_line, sizeof command_line, config->kernel_flags);
    if (command_line[0] && flags[0])
        text_append(command_line, sizeof command_line, " ");
    text_append(command_line, sizeof command_line, flags);

    unsigned minor = minor_version(system);
    struct handover handover = {.command_line = command_line, .version = minor > 0 && minor < 7 ? 1 : 2};
    print("Starting it with \"%s\"\n", command_line);
    handover.video = set_video(config->graphics_mode);
    enter(kernel.entry, hand_over(&kernel, &handover));
}

void loader(uint32_t magic, const struct multiboot_info *info)
{
    static struct system systems[most_systems];
    static struct config config;
    static char flags[longest_flags];
    bool has_map = magic == multiboot_loaded && read_memory_map(info);
    console_start();
    show_banner();
    if (!has_map) {
        print("Whatever loaded this gave no memory map.");
        return;
    }
    print("Scanning the disks ...");
    unsigned count = find_systems(systems), chosen = 0;
    if (count == 0) {
        console_clear_from(menu_row);
        print("No HFS+ volume on any disk that the firmware reads.");
        return;
    }
    while (chosen + 1 < count && systems[chosen].version[0] == 0)
        chosen++;
    if (systems[chosen].version[0] == 0)
        chosen = 0;
    read_config(systems, count, &config);
    const char *digits = config.timeout;
    for (unsigned timeout = text_number(&digits);; timeout = 0) {
        chosen = choose(systems, count, chosen, timeout, flags);
        start_up(&systems[chosen], &config, flags);
    }
}
