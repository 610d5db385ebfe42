#include "system.h"
#include "plist.h"
#include "text.h"

enum { largest_text = 65536, apple_map_entries_before = 2 };

const char *read_text(const struct hfs *hfs, const char *path)
{
    static char text[largest_text];
    struct fork fork;
    if (!hfs_find(hfs, path, &fork) || fork.size >= sizeof text)
        return NULL;
    if (!hfs_read(hfs, &fork, 0, text, (uint32_t)fork.size))
        return NULL;
    text[fork.size] = 0;
    return text;
}

unsigned minor_version(const struct system *system)
{
    const char *version = system->version;
    text_number(&version);
    return *version++ == '.' ? text_number(&version) : 0;
}

void release(const struct system *system, char to[6])
{
    to[0] = 0;
    text_append(to, 6, system->version);
    if (text_length(to) == 5 && to[4] == '.')
        to[4] = 0;
}

static void add(unsigned number, const struct volume *volume, bool apple_map, struct system *system)
{
    system->disk = number;
    system->partition = volume->partition - (apple_map ? apple_map_entries_before : 0);
    if (!hfs_name(&system->hfs, system->name, sizeof system->name))
        text_append(system->name, sizeof system->name, "(no name)");
    const char *xml = read_text(&system->hfs, "System/Library/CoreServices/SystemVersion.plist");
    if (xml == NULL || !plist_text(xml, "ProductVersion", system->version, sizeof system->version))
        system->version[0] = 0;
    system->listed = apple_map || system->version[0];
    system->installer = hfs_has(&system->hfs, "System/Installation/Packages");
}

unsigned find_systems(struct system systems[most_systems])
{
    static struct disk disks[most_disks];
    static struct volumes volumes;
    unsigned disk_count = find_disks(disks), count = 0;
    for (unsigned disk = 0; disk < disk_count; disk++) {
        find_volumes(&disks[disk], &volumes);
        bool apple_map = text_begins(volumes.map, "APM");
        for (unsigned i = 0; i < volumes.count && count < most_systems; i++) {
            const struct volume *volume = &volumes.list[i];
            /* Without a map a disk has no volume for Chameleon. */
            if (volume->partition < (apple_map ? apple_map_entries_before : 1))
                continue;
            if (hfs_open(&disks[disk], volume, &systems[count].hfs))
                add(disk, volume, apple_map, &systems[count++]);
        }
    }
    return count;
}
