#include "volume.h"
#include "memory.h"

enum { most_partitions = 128, header_sector = 2 };

/* Adds the volume that begins there, if one does; its header lies 1024 bytes into it. */
static void add(const struct disk *disk, uint64_t sector, unsigned partition, struct volumes *volumes)
{
    const uint8_t *header = disk_read(disk, sector + header_sector, 1);
    if (header == NULL || !(same(header, "H+", 2) || same(header, "HX", 2)))
        return;
    uint32_t block_size = be32(header + 40), total_blocks = be32(header + 44);
    if (block_size < sector_size || block_size & (block_size - 1) || total_blocks == 0)
        return;
    /* The last block may lie partly behind the end of the partition, no whole one can. */
    if ((uint64_t)(total_blocks - 1) * (block_size / sector_size) > disk_sectors(disk) - sector)
        return;
    if (volumes->count == sizeof volumes->list / sizeof *volumes->list)
        return;
    struct volume *volume = &volumes->list[volumes->count++];
    volume->partition = partition;
    volume->first_sector = sector;
    volume->block_size = block_size;
    volume->total_blocks = total_blocks;
    memcpy(volume->signature, header, 2);
    volume->signature[2] = 0;
}

/* UEFI 2.9, 5.3.2 and 5.3.3. The type is 48465300-0000-11AA-AA11-00306543ECAC as it lies on disk. */
static bool search_gpt(const struct disk *disk, struct volumes *volumes)
{
    static const uint8_t hfs[16] = "\x00\x53\x46\x48\x00\x00\xaa\x11\xaa\x11\x00\x30\x65\x43\xec\xac";
    const uint8_t *header = disk_read(disk, 1, 1);
    if (header == NULL || !same(header, "EFI PART", 8))
        return false;
    volumes->map = "GPT";
    uint64_t table = le64(header + 72);
    uint32_t count = le32(header + 80), size = le32(header + 84);
    if (size < 128 || size > sector_size || sector_size % size)
        return true;
    for (uint32_t i = 0; i < count && i < most_partitions; i++) {
        const uint8_t *sector = disk_read(disk, table + i * size / sector_size, 1);
        if (sector == NULL)
            return true;
        const uint8_t *entry = sector + i * size % sector_size;
        if (same(entry, hfs, sizeof hfs))
            add(disk, le64(entry + 32), i + 1, volumes);
    }
    return true;
}

/* Walks a map whose blocks have that many sectors; true when a volume was found. */
static bool walk_apm(const struct disk *disk, uint32_t block, struct volumes *volumes)
{
    uint32_t count = 1;
    for (uint32_t i = 1; i <= count && i <= most_partitions; i++) {
        const uint8_t *entry = disk_read(disk, (uint64_t)i * block, 1);
        if (entry == NULL || !same(entry, "PM", 2))
            break;
        volumes->map = "APM";
        count = be32(entry + 4);
        if (same(entry + 48, "Apple_HFS", 9))
            add(disk, (uint64_t)be32(entry + 8) * block, i, volumes);
    }
    return volumes->count > 0;
}

/*
 * Inside Macintosh: Devices, 3-12 and 3-25. The map counts blocks of the size that block 0 names; discs often carry one
 * in blocks of 512 bytes although block 0 says 2048.
 */
static bool search_apm(const struct disk *disk, struct volumes *volumes)
{
    const uint8_t *sector = disk_read(disk, 0, 1);
    bool large = sector && same(sector, "ER", 2) && be16(sector + 2) == 2048;
    if (!(large && walk_apm(disk, 4, volumes)))
        walk_apm(disk, 1, volumes);
    return same(volumes->map, "APM", 4);
}

/* Four entries of 16 bytes at 446; type AF is HFS. */
static bool search_mbr(const struct disk *disk, struct volumes *volumes)
{
    uint8_t types[4];
    uint32_t starts[4];
    const uint8_t *sector = disk_read(disk, 0, 1);
    if (sector == NULL || !same(sector + 510, "\x55\xaa", 2))
        return false;
    volumes->map = "MBR";
    for (int i = 0; i < 4; i++) {
        types[i] = sector[446 + 16 * i + 4];
        starts[i] = le32(sector + 446 + 16 * i + 8);
    }
    for (unsigned i = 0; i < 4; i++)
        if (types[i] == 0xaf)
            add(disk, starts[i], i + 1, volumes);
    return true;
}

void find_volumes(const struct disk *disk, struct volumes *volumes)
{
    volumes->map = "no map";
    volumes->count = 0;
    if (search_gpt(disk, volumes) || search_apm(disk, volumes) || search_mbr(disk, volumes))
        return;
    add(disk, 0, 0, volumes);
}
