#include "console.h"
#include "handover.h"
#include "io.h"
#include "keyboard.h"
#include "memory-map.h"
#include "menu.h"
#include "plist.h"
#include "text.h"
#include "video.h"
#include "words.h"

/* start.S: leaves the loader for good. */
void enter(uint32_t entry, uint32_t boot_args) __attribute__((noreturn));

static const char config_path[] = "Extra/org.chameleon.Boot.plist";

enum { longest_path = 512, most_items = 10, yosemite = 10, lion = 7, sierra = 12, pause_after_errors = 5 };

struct config {
    char timeout[8], kernel_flags[longest_flags], graphics_mode[16];
};

static void show_banner(void)
{
    console_clear_from(0);
    print("\n" banner_words "\nIt stands in for Chameleon's stage 2 and starts stand-in kernels.\n%uMB memory\n",
          (unsigned)(usable_memory() >> 20));
    console_move(menu_row, 0);
}

static void value(const char *xml, const char *key, char *to, size_t room)
{
    if (!plist_text(xml, key, to, room))
        to[0] = 0;
}

/* False, and nothing is changed, when the volume has none. */
static bool read_config(const struct system *system, struct config *config)
{
    struct fork fork;
    if (!hfs_find(&system->hfs, config_path, &fork))
        return false;
    const char *xml = read_text(&system->hfs, config_path);
    /* Chameleon takes what it could not read for what the file says, and finds no setting in it. */
    if (xml == NULL || text_find(xml, "</plist>") == NULL) {
        print("Error parsing plist file /%s\n", config_path);
        wait_a_second();
        return false;
    }
    value(xml, "Timeout", config->timeout, sizeof config->timeout);
    value(xml, "Kernel Flags", config->kernel_flags, sizeof config->kernel_flags);
    value(xml, "Graphics Mode", config->graphics_mode, sizeof config->graphics_mode);
    return true;
}

static void complain(const char *what, const char *more)
{
    print("%s%s\nPress any key for the menu.", what, more);
    read_key();
}

/*
 * A first word that begins as a path or a name does, and holds no "=", is the kernel's; gives what follows it. Without
 * one the kernel is the release's.
 */
static const char *kernel_path(const char *flags, unsigned minor, char path[longest_path])
{
    const char *folder = minor >= yosemite ? "System/Library/Kernels/" : "", *end = flags;
    bool letter = (*flags | 0x20) >= 'a' && (*flags | 0x20) <= 'z', whole = *flags == '/';
    while (*end && *end != '=' && *end != ' ')
        end++;
    path[0] = 0;
    text_append(path, longest_path, whole ? "" : folder);
    if (!(letter || whole) || *end == '=') {
        text_append(path, longest_path, minor >= yosemite ? "kernel" : "mach_kernel");
        return flags;
    }
    const char *word = whole ? flags + 1 : flags;
    size_t room = text_length(path) + (size_t)(end - word) + 1;
    text_append(path, room < longest_path ? room : longest_path, word);
    return *end ? end + 1 : end;
}

static void add_flags(char line[boot_line_length], const char *flags)
{
    if (line[0] && flags[0])
        text_append(line, boot_line_length, " ");
    text_append(line, boot_line_length, flags);
}

/* Comes back only when that cannot be done. */
static void start_up(const struct system *system, const struct config *config, const char *flags)
{
    static char command_line[boot_line_length], path[longest_path];
    struct fork fork;
    unsigned minor = minor_version(system);
    flags = kernel_path(flags, minor, path);
    console_clear_from(menu_row);
    if (!hfs_find(&system->hfs, path, &fork)) {
        complain("Can't find a kernel on the volume: /", path);
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
    add_flags(command_line, config->kernel_flags);
    add_flags(command_line, flags);
    if (minor == yosemite)
        add_flags(command_line, "kext-dev-mode=1");

    struct handover handover = {
        .command_line = command_line, .version = minor < lion ? 1 : 2, .wide_video = minor >= sierra};
    print("Starting it with \"%s\"\n", command_line);
    if (disk_has_failed) {
        print("Errors encountered while starting up the computer.\nPausing %u seconds...\n",
              (unsigned)pause_after_errors);
        for (unsigned i = 0; i < pause_after_errors; i++)
            wait_a_second();
    }
    handover.video = set_video(config->graphics_mode);
    enter(kernel.entry, hand_over(&kernel, &handover));
}

/* The first of the first disk's; where it has none, the last of all, if that one is listed. */
static unsigned default_item(const struct system *const *items, unsigned count, const struct system *last)
{
    return items[0]->disk != 0 && items[count - 1] == last ? count - 1 : 0;
}

void loader(uint32_t magic, const struct multiboot_info *info)
{
    static struct system systems[most_systems];
    static const struct system *items[most_items], *booter;
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
    unsigned count = find_systems(systems), listed = 0;
    for (unsigned i = 0; i < count; i++) {
        if (systems[i].listed && listed < most_items)
            items[listed++] = &systems[i];
        /* QEMU says that the first disk is the one it was loaded from. */
        if (systems[i].disk == 0 && booter == NULL && read_config(&systems[i], &config))
            booter = &systems[i];
    }
    if (listed == 0) {
        console_clear_from(menu_row);
        print(count ? "No HFS+ volume has a system on it." : "No HFS+ volume on any disk that the firmware reads.");
        return;
    }
    unsigned otherwise = default_item(items, listed, &systems[count - 1]);
    const char *digits = config.timeout;
    for (unsigned timeout = text_number(&digits);; timeout = 0) {
        const struct system *chosen = items[choose(items, listed, otherwise, timeout, flags)];
        if (!read_config(chosen, &config) && booter)
            read_config(booter, &config);
        start_up(chosen, &config, flags);
    }
}
