#include "volume.h"
#include "memory.h"

static const efi_guid block_io = BLOCK_IO;

enum { header_offset = 1024, header_size = 512, largest_sector = 4096, least_block = 512 };

bool read_bytes(const struct volume *volume, uint64_t offset, void *to, size_t length)
{
    static uint8_t sector[largest_sector] __attribute__((aligned(4096)));
    uint32_t size = volume->block_io->media->block_size;
    uint8_t *next = to;
    if (offset > volume->size || length > volume->size - offset)
        return false;
    while (length > 0) {
        uint32_t skip = (uint32_t)(offset % size);
        size_t part = size - skip < length ? size - skip : length;
        if (volume->block_io->read_blocks(volume->block_io, volume->block_io->media->id, offset / size, size, sector) !=
            efi_success)
            return false;
        memcpy(next, sector + skip, part);
        next += part;
        offset += part;
        length -= part;
    }
    return true;
}

bool read_catalog(const struct volume *volume, uint64_t offset, void *to, size_t length)
{
    uint8_t *next = to;
    if (offset > volume->catalog_size || length > volume->catalog_size - offset)
        return false;
    for (int i = 0; i < 8 && length > 0; i++) {
        uint64_t size = (uint64_t)volume->catalog[i].count * volume->block_size;
        if (offset >= size) {
            offset -= size;
            continue;
        }
        size_t part = size - offset < length ? size - offset : length;
        if (!read_bytes(volume, (uint64_t)volume->catalog[i].start * volume->block_size + offset, next, part))
            return false;
        next += part;
        length -= part;
        offset = 0;
    }
    return length == 0;
}

static bool is_header(const uint8_t *header)
{
    return (same(header, "H+", 2) && be16(header + 2) == 4) || (same(header, "HX", 2) && be16(header + 2) == 5);
}

static uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

static enum found damaged(struct volume *volume, const char *text)
{
    volume->fault = (struct fault){"volume", text};
    return hfs_damaged;
}

/* Takes the header's fields over; all are bounded by the partition. */
static enum found decode(const uint8_t *header, struct volume *volume)
{
    volume->block_size = be32(header + 40);
    volume->total_blocks = be32(header + 44);
    if (volume->block_size < least_block || volume->block_size & (volume->block_size - 1) || volume->total_blocks == 0)
        return damaged(volume, "the HFS+ volume is damaged: its header says no size of its blocks");
    /* The last block may lie partly behind the end of the partition. */
    if ((uint64_t)(volume->total_blocks - 1) * volume->block_size > volume->size)
        return damaged(volume, "the HFS+ volume is damaged: it is larger than its partition");
    for (int i = 0; i < 8; i++)
        volume->finder_info[i] = be32(header + 80 + 4 * i);
    const uint8_t *fork = header + 272;
    uint64_t blocks = 0;
    volume->catalog_size = be64(fork);
    for (int i = 0; i < 8; i++) {
        struct extent extent = {be32(fork + 16 + 8 * i), be32(fork + 20 + 8 * i)};
        if ((uint64_t)extent.start + extent.count > volume->total_blocks)
            return damaged(volume, "the HFS+ volume is damaged: its catalog lies outside of it");
        volume->catalog[i] = extent;
        blocks += extent.count;
    }
    if (volume->catalog_size == 0)
        return damaged(volume, "the HFS+ volume is damaged: it has no catalog");
    if (volume->catalog_size > blocks * volume->block_size)
        return damaged(volume, "the HFS+ volume's catalog is in more than eight pieces, and this loader reads eight");
    return hfs_sound;
}

/* The first sector of a disk that is parted ends in 55 AA, with an MBR as with a GPT; that of a volume is HFS+'s and has none. */
static bool is_parted(const struct volume *volume)
{
    uint8_t mark[2];
    return read_bytes(volume, 510, mark, sizeof mark) && mark[0] == 0x55 && mark[1] == 0xaa;
}

enum found look_at(efi_handle handle, struct volume *volume)
{
    uint8_t header[header_size];
    *volume = (struct volume){.handle = handle, .block_io = protocol_of(handle, &block_io)};
    if (volume->block_io == NULL || !volume->block_io->media->present)
        return no_hfs;
    uint32_t sector = volume->block_io->media->block_size;
    uint64_t last = volume->block_io->media->last_block;
    if (sector == 0 || sector > largest_sector || last >= UINT64_MAX / largest_sector)
        return no_hfs;
    volume->size = (last + 1) * sector;
    if (!read_bytes(volume, header_offset, header, sizeof header))
        return no_hfs;
    if (is_header(header))
        return decode(header, volume);
    /* The copy of the header is the last but one sector of 512 bytes; of a disk that is parted, its last partition's. */
    if (volume->size >= header_offset + header_size && !is_parted(volume) &&
        read_bytes(volume, volume->size - header_offset, header, sizeof header) && is_header(header))
        return damaged(volume, "the HFS+ volume is damaged: its header is gone, and its copy at the end is there");
    return no_hfs;
}
