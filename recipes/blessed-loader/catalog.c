#include "catalog.h"
#include "memory.h"

/* TN1150, "B-Trees" and "Catalog File". */
enum { descriptor_size = 14, header_record_end = 40, least_node = 4096, largest_node = 32768, deepest = 16 };
enum { kind_header = 1, kind_index = 0, kind_leaf = 0xff, folder_thread = 3, file_thread = 4 };
enum { least_key = 6, thread_fixed = 10 };

const char no_such_node[] = "the header blesses a number that no file or folder of the volume has";
static const char unreadable[] = "the catalog cannot be read";
static const char damaged[] = "the catalog is damaged";

struct node {
    uint8_t bytes[largest_node];
    uint32_t size;
    uint16_t records;
};

static bool read_node(const struct volume *volume, uint32_t number, struct node *node)
{
    if (!read_catalog(volume, (uint64_t)number * node->size, node->bytes, node->size))
        return false;
    node->records = be16(node->bytes + 10);
    /* The offsets of the records, and of the free space behind them, stand at the node's end. */
    return node->records <= (node->size - descriptor_size) / 2 - 1;
}

/* A record's bytes from its key on; null when its offsets are wrong. */
static const uint8_t *record(const struct node *node, unsigned index, uint32_t *length)
{
    const uint8_t *offsets = node->bytes + node->size - 2 * (index + 1);
    uint32_t from = be16(offsets), to = be16(offsets - 2);
    if (from < descriptor_size || to <= from || to > node->size || to - from < 2 + least_key)
        return NULL;
    *length = to - from;
    return node->bytes + from;
}

/* Where the data of a record begins, behind its key; 0 when the key does not fit. */
static uint32_t behind_key(const uint8_t *record, uint32_t length)
{
    uint32_t key = 2u + be16(record);
    return key >= 2 + least_key && key < length ? key + (key & 1) : 0;
}

/* A thread's key is its node's number and an empty name: the first of all keys with that number. */
static bool is_after(const uint8_t *record, uint32_t id)
{
    uint32_t parent = be32(record + 2);
    return parent > id || (parent == id && be16(record + 6) > 0);
}

static const char *decode(const uint8_t *data, uint32_t length, struct thread *thread)
{
    uint16_t type = length >= thread_fixed ? be16(data) : 0;
    if (type != folder_thread && type != file_thread)
        return damaged;
    thread->is_folder = type == folder_thread;
    thread->parent = be32(data + 4);
    thread->length = be16(data + 8);
    if (thread->length > longest_name || thread_fixed + 2u * thread->length > length)
        return damaged;
    for (unsigned i = 0; i < thread->length; i++)
        thread->name[i] = be16(data + thread_fixed + 2 * i);
    return NULL;
}

const char *find_thread(const struct volume *volume, uint32_t id, struct thread *thread)
{
    static struct node node;
    uint8_t header[header_record_end];
    if (!read_catalog(volume, 0, header, sizeof header))
        return unreadable;
    uint32_t number = be32(header + 16);
    node.size = be16(header + 32);
    if (header[8] != kind_header || node.size < least_node || node.size > largest_node || node.size & (node.size - 1))
        return damaged;
    for (int depth = 0; depth < deepest; depth++) {
        if (!read_node(volume, number, &node))
            return unreadable;
        uint8_t kind = node.bytes[8];
        if ((kind != kind_index && kind != kind_leaf) || node.records == 0)
            return damaged;
        /* The last record that is not behind the one that is wanted. */
        const uint8_t *best = NULL;
        uint32_t best_length = 0;
        for (unsigned i = 0; i < node.records; i++) {
            uint32_t length;
            const uint8_t *each = record(&node, i, &length);
            if (each == NULL)
                return damaged;
            if (is_after(each, id))
                break;
            best = each;
            best_length = length;
        }
        uint32_t data = best ? behind_key(best, best_length) : 0;
        if (best && data == 0)
            return damaged;
        if (best == NULL)
            return no_such_node;
        if (kind == kind_leaf)
            return be32(best + 2) == id ? decode(best + data, best_length - data, thread) : no_such_node;
        if (best_length < data + 4)
            return damaged;
        number = be32(best + data);
    }
    return damaged;
}
