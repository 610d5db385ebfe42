#include "listing.h"
#include "format.h"

static void put(char *to, size_t room, const char *pattern, ...)
{
    va_list values;
    va_start(values, pattern);
    format(to, room, pattern, values);
    va_end(values);
}

/* The forms of upstream's history. What is no installer is told by its release where installers are told apart. */
void list_system(const struct system *system, char *to, size_t room)
{
    char number[6];
    release(system, number);
    unsigned disk = system->disk, partition = system->partition;
    const char *name = system->name;
#if defined LISTING_plain
    put(to, room, "hd(%u,%u) %s", disk, partition, name);
#elif defined LISTING_release
    put(to, room, "hd(%u,%u) (%s) %s", disk, partition, number, name);
#elif defined LISTING_version
    put(to, room, "hd(%u,%u) (%s) %s", disk, partition, system->version, name);
#elif defined LISTING_installer
    put(to, room, "hd(%u,%u) (%s) %s", disk, partition, system->installer ? "Installer" : number, name);
#elif defined LISTING_installer_release
    put(to, room, "hd(%u,%u) (%s%s) %s", disk, partition, system->installer ? "Installer " : "", number, name);
#else
#error "LISTING is plain, release, version, installer or installer-release"
#endif
}
