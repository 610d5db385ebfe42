#include "bios-disk.h"
#include "bios.h"
#include "memory.h"

/* BIOS Enhanced Disk Drive Specification 3.0: functions 41 (presence), 42 (read) and 48 (parameters). */
enum { service = 0x13, most_sectors = 64, packet = exchange + 0xf000, packet_offset = 0xf000 };

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

const uint8_t *disk_read(const struct disk *disk, uint64_t sector, uint16_t count)
{
    if (count > most_sectors || sector >= disk->sectors || count > disk->sectors - sector)
        return NULL;
    *(struct address_packet *)packet = (struct address_packet){
        .size = sizeof(struct address_packet), .count = count, .segment = exchange_segment, .sector = sector};
    struct registers registers = {
        .eax = 0x4200, .edx = disk->drive, .ds = exchange_segment, .esi = packet_offset};
    return bios(service, &registers) ? (const uint8_t *)exchange : NULL;
}

bool disk_bytes(const struct disk *disk, uint64_t offset, void *to, uint32_t length)
{
    uint8_t *next = to;
    while (length > 0) {
        uint32_t before = (uint32_t)offset % sector_size;
        uint32_t sectors = (before + length + sector_size - 1) / sector_size;
        if (sectors > most_sectors)
            sectors = most_sectors;
        uint32_t part = sectors * sector_size - before;
        if (part > length)
            part = length;
        const uint8_t *from = disk_read(disk, offset / sector_size, (uint16_t)sectors);
        if (from == NULL)
            return false;
        memcpy(next, from + before, part);
        next += part;
        offset += part;
        length -= part;
    }
    return true;
}
