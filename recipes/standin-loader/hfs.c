#include "hfs.h"
#include "memory.h"

/* TN1150: "Volume Header", "B-Trees", "Catalog File". All integers are big-endian. */
enum { header_offset = 1024, header_block_size = 40, header_catalog = 272 };
enum { descriptor_size = 14, kind_offset = 8, records_offset = 10, kind_leaf = 0xff, kind_index = 0, kind_header = 1 };
enum { tree_root = 2, tree_node_size = 18, tree_compare = 37, compare_binary = 0xbc };
enum { record_folder = 1, record_file = 2, record_thread = 3, folder_id = 8, file_data = 88, thread_name = 8 };
enum { root_folder = 2, most_depth = 16, most_node = 32768, longest_name = 255 };

/* A record that claims to lie at its end may be read past it: a file record has 248 bytes, a thread at most 520. */
static uint8_t node[most_node + 1024];

static uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

static void read_fork(const uint8_t *from, struct fork *fork)
{
    fork->size = be64(from);
    for (int i = 0; i < fork_extents; i++) {
        fork->extents[i].start = be32(from + 16 + 8 * i);
        fork->extents[i].count = be32(from + 20 + 8 * i);
    }
}

bool hfs_read(const struct hfs *hfs, const struct fork *fork, uint64_t offset, void *to, uint32_t length)
{
    uint8_t *next = to;
    if (offset > fork->size || length > fork->size - offset)
        return false;
    for (int i = 0; i < fork_extents && length > 0; i++) {
        uint64_t size = (uint64_t)fork->extents[i].count * hfs->block_size;
        if (offset >= size) {
            offset -= size;
            continue;
        }
        uint32_t part = length < size - offset ? length : (uint32_t)(size - offset);
        uint64_t at = hfs->first_byte + (uint64_t)fork->extents[i].start * hfs->block_size + offset;
        if (!disk_bytes(hfs->disk, at, next, part))
            return false;
        next += part;
        length -= part;
        offset = 0;
    }
    return length == 0;
}

bool hfs_open(const struct disk *disk, const struct volume *volume, struct hfs *hfs)
{
    static uint8_t header[512];
    *hfs = (struct hfs){.disk = disk, .first_byte = volume->first_sector * sector_size};
    if (!disk_bytes(disk, hfs->first_byte + header_offset, header, sizeof header))
        return false;
    hfs->block_size = be32(header + header_block_size);
    read_fork(header + header_catalog, &hfs->catalog);

    if (!hfs_read(hfs, &hfs->catalog, 0, header, sizeof header) || header[kind_offset] != kind_header)
        return false;
    const uint8_t *tree = header + descriptor_size;
    hfs->root_node = be32(tree + tree_root);
    hfs->node_size = be16(tree + tree_node_size);
    /* Only HFSX says how names compare. */
    hfs->case_sensitive = same(volume->signature, "HX", 2) && tree[tree_compare] == compare_binary;
    return hfs->node_size >= 512 && hfs->node_size <= most_node;
}

/* The next character that counts, folded as TN1150's table does where that can decide against an ASCII name. */
static uint32_t next_folded(const uint8_t *name, unsigned length, unsigned *index)
{
    while (*index < length) {
        uint16_t c = be16(name + 2 * (*index)++);
        bool ignored = (c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
                       (c >= 0x206a && c <= 0x206f) || c == 0xfeff;
        if (!ignored)
            return c == 0 ? 0xffff : c >= 'A' && c <= 'Z' ? c + 32u : c;
    }
    return 0;
}

/* Negative, 0 or positive as the key (parent, name) stands before, is or stands behind the wanted one. */
static int compare(const struct hfs *hfs, const uint8_t *key, uint32_t parent, const char *wanted, unsigned wanted_length)
{
    uint32_t key_parent = be32(key + 2);
    if (key_parent != parent)
        return key_parent < parent ? -1 : 1;
    unsigned length = be16(key + 6), at = 0;
    for (unsigned i = 0;; i++) {
        uint32_t ours = i < wanted_length ? (uint8_t)wanted[i] : 0, theirs;
        if (hfs->case_sensitive) {
            theirs = at < length ? be16(key + 8 + 2 * at++) : 0;
        } else {
            theirs = next_folded(key + 8, length, &at);
            if (ours >= 'A' && ours <= 'Z')
                ours += 32;
        }
        if (theirs != ours)
            return theirs < ours ? -1 : 1;
        if (ours == 0)
            return 0;
    }
}

/* The key of a record of the node in memory; null when it does not lie within the node. */
static const uint8_t *key_of(const struct hfs *hfs, unsigned record)
{
    unsigned slots = hfs->node_size - 2 * (record + 1);
    unsigned offset = be16(node + slots);
    if (offset < descriptor_size || offset + 8u > slots)
        return NULL;
    const uint8_t *key = node + offset;
    unsigned length = be16(key), name = be16(key + 6);
    return name <= longest_name && length >= 6 + 2 * name && offset + 2 + length <= slots ? key : NULL;
}

static const uint8_t *behind(const uint8_t *key) { return key + 2 + be16(key); }

/* What the catalog has for a key; null when it has none. */
static const uint8_t *lookup(const struct hfs *hfs, uint32_t parent, const char *name, unsigned length)
{
    uint32_t number = hfs->root_node;
    for (int depth = 0; depth < most_depth; depth++) {
        if (!hfs_read(hfs, &hfs->catalog, (uint64_t)number * hfs->node_size, node, hfs->node_size))
            return NULL;
        const uint8_t *nearest = NULL;
        unsigned records = be16(node + records_offset);
        if (2 * records > hfs->node_size)
            return NULL;
        for (unsigned i = 0; i < records; i++) {
            const uint8_t *key = key_of(hfs, i);
            if (key == NULL)
                return NULL;
            int order = compare(hfs, key, parent, name, length);
            if (order > 0)
                break;
            nearest = key;
            if (order == 0 && node[kind_offset] == kind_leaf)
                return behind(key);
        }
        if (node[kind_offset] != kind_index || nearest == NULL)
            return NULL;
        number = be32(behind(nearest));
    }
    return NULL;
}

bool hfs_name(const struct hfs *hfs, char *to, size_t room)
{
    const uint8_t *thread = lookup(hfs, root_folder, "", 0);
    if (thread == NULL || be16(thread) != record_thread)
        return false;
    size_t length = be16(thread + thread_name);
    for (size_t i = 0; i <= length && i < room; i++) {
        uint16_t c = i < length && i + 1 < room ? be16(thread + thread_name + 2 + 2 * i) : 0;
        to[i] = c == 0 || (c >= ' ' && c <= '~') ? (char)c : '?';
    }
    return true;
}

/* The record of a file or folder by its path; null when there is none. */
static const uint8_t *record_of(const struct hfs *hfs, const char *path)
{
    uint32_t parent = root_folder;
    for (;;) {
        unsigned length = 0;
        while (path[length] && path[length] != '/')
            length++;
        const uint8_t *record = lookup(hfs, parent, path, length);
        if (record == NULL || path[length] == 0)
            return record;
        if (be16(record) != record_folder)
            return NULL;
        parent = be32(record + folder_id);
        path += length + 1;
    }
}

bool hfs_has(const struct hfs *hfs, const char *path) { return record_of(hfs, path) != NULL; }

bool hfs_find(const struct hfs *hfs, const char *path, struct fork *fork)
{
    const uint8_t *record = record_of(hfs, path);
    if (record == NULL || be16(record) != record_file)
        return false;
    read_fork(record + file_data, fork);
    return true;
}
