#include "bios-disk.h"
#include "bios.h"
#include "console.h"
#include "keyboard.h"
#include "memory.h"

/* BIOS Enhanced Disk Drive Specification 3.0: functions 41 (presence), 42 (read) and 48 (parameters). */
enum { service = 0x13, packet = exchange + 0xf000, packet_offset = 0xf000 };

/* Chameleon reads so many sectors from the wanted one on, whatever the disk's size, and tries that often. */
enum { at_once = 64, most_tries = 4 };

struct address_packet {
    uint8_t size, zero;
    uint16_t count, offset, segment;
    uint64_t sector;
} __attribute__((packed));

struct drive_parameters {
    uint16_t size, flags;
    uint32_t cylinders, heads, sectors_per_track;
    uint64_t sectors;
    uint16_t sector_size;
} __attribute__((packed));

static bool identify(uint8_t drive, struct disk *disk)
{
    struct registers registers = {.eax = 0x4100, .ebx = 0x55aa, .edx = drive};
    if (!bios(service, &registers) || (registers.ebx & 0xffff) != 0xaa55 || !(registers.ecx & 1))
        return false;
    struct drive_parameters *parameters = (void *)packet;
    memset(parameters, 0, sizeof *parameters);
    parameters->size = sizeof *parameters;
    registers = (struct registers){.eax = 0x4800, .edx = drive, .ds = exchange_segment, .esi = packet_offset};
    if (!bios(service, &registers) || parameters->sector_size != sector_size)
        return false;
    *disk = (struct disk){drive, parameters->sectors};
    return true;
}

unsigned find_disks(struct disk disks[most_disks])
{
    unsigned count = 0;
    for (uint8_t drive = first_drive; drive < first_drive + most_disks; drive++)
        count += identify(drive, &disks[count]);
    return count;
}

uint64_t disk_sectors(const struct disk *disk) { return disk->sectors; }

bool disk_has_failed;

/* What the last read brought to `exchange`: `at_once` sectors from `first` on; nothing where `drive` is 0. */
static struct {
    uint8_t drive;
    uint64_t first;
} held;

static bool is_held(const struct disk *disk, uint64_t sector)
{
    return held.drive == disk->drive && sector >= held.first && sector - held.first < at_once;
}

static bool fill(const struct disk *disk, uint64_t sector)
{
    held.drive = 0;
    for (int tries = 0; tries < most_tries; tries++) {
        *(struct address_packet *)packet = (struct address_packet){
            .size = sizeof(struct address_packet), .count = at_once, .segment = exchange_segment, .sector = sector};
        struct registers registers = {
            .eax = 0x4200, .edx = disk->drive, .ds = exchange_segment, .esi = packet_offset};
        if (bios(service, &registers)) {
            held.drive = disk->drive;
            held.first = sector;
            return true;
        }
        print("  EBIOS read error: Error 0x%02x\n    Block 0x%x Sectors %u\n", registers.eax >> 8 & 0xff,
              (unsigned)sector, (unsigned)at_once);
        wait_a_second();
    }
    disk_has_failed = true;
    return false;
}

const uint8_t *disk_read(const struct disk *disk, uint64_t sector, uint16_t count)
{
    if (count > at_once)
        return NULL;
    bool held_whole = is_held(disk, sector) && is_held(disk, sector + count - 1);
    if (!held_whole && !fill(disk, sector))
        return NULL;
    return (const uint8_t *)exchange + (uint32_t)(sector - held.first) * sector_size;
}

/* Sector by sector, so that a read begins where the one before it ends. */
bool disk_bytes(const struct disk *disk, uint64_t offset, void *to, uint32_t length)
{
    uint8_t *next = to;
    while (length > 0) {
        uint32_t before = (uint32_t)offset % sector_size, part = sector_size - before;
        if (part > length)
            part = length;
        const uint8_t *from = disk_read(disk, offset / sector_size, 1);
        if (from == NULL)
            return false;
        memcpy(next, from + before, part);
        next += part;
        offset += part;
        length -= part;
    }
    return true;
}
