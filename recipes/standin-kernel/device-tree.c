#include "handover.h"
#include "memory.h"
#include "report.h"

enum { most_depth = 16, name_room = sizeof((struct tree_property *)0)->name };

struct walk {
    const uint8_t *next, *end;
    unsigned nodes, properties;
    bool chosen;
};

static bool take(struct walk *walk, uint32_t length)
{
    if (length > (uint64_t)(walk->end - walk->next))
        return false;
    walk->next += length;
    return true;
}

static bool walk_node(struct walk *walk, int depth)
{
    const struct tree_node *node = (const void *)walk->next;
    if (depth == most_depth || !take(walk, sizeof *node))
        return false;
    walk->nodes++;
    for (uint32_t i = 0; i < node->properties; i++) {
        const struct tree_property *property = (const void *)walk->next;
        if (!take(walk, sizeof *property))
            return false;
        /* The upper bit is a mark that loaders set on values they fill in later. */
        uint32_t length = property->length & 0x7fffffff;
        const uint8_t *value = walk->next;
        if (!take(walk, (length + 3) & ~3u))
            return false;
        walk->properties++;
        if (length == 7 && same(property->name, "name", 5) && same(value, "chosen", 7))
            walk->chosen = true;
    }
    for (uint32_t i = 0; i < node->children; i++)
        if (!walk_node(walk, depth + 1))
            return false;
    return true;
}

void check_device_tree(const struct handover *handover)
{
    uint32_t length = handover->device_tree_length;
    const uint8_t *tree = physical(handover->device_tree);
    if (!plausible(handover->device_tree, length)) {
        missing("device-tree", "%u bytes at %08x", length, handover->device_tree);
        return;
    }
    struct walk walk = {.next = tree, .end = tree + length};
    if (!walk_node(&walk, 0))
        missing("device-tree", "%u bytes, and node %u runs over their end", length, walk.nodes);
    else if (!walk.chosen)
        missing("device-tree", "%u bytes, %u nodes, none called chosen", length, walk.nodes);
    else
        seen("device-tree", "%u bytes, %u of them %u nodes with %u properties", length, (unsigned)(walk.next - tree),
             walk.nodes, walk.properties);
}
