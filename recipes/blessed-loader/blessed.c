#include "blessed.h"
#include "catalog.h"
#include "files.h"
#include "image.h"
#include "memory.h"
#include "report.h"

/*
 * TN1150, "Volume Header", finderInfo: 0 is the folder that holds the bootable system, 5 the one of Mac OS X; 1 is,
 * since Macs have EFI, the number of the file that is started (bless(8), --file). What that names no file is older.
 */
enum { blessed_folder = 0, blessed_file = 1, system_folder = 5 };
enum { longest_path = 1024, deepest = 64, largest_image = 64 << 20 };

static const uint16_t file_in_folder[] = u"boot.efi";

/* A path, written from its end to its beginning. */
struct path {
    uint16_t text[longest_path];
    size_t from;
};

static bool prepend(struct path *path, const uint16_t *name, size_t length)
{
    if (length + 1 > path->from)
        return false;
    path->from -= length;
    memcpy(path->text + path->from, name, 2 * length);
    path->text[--path->from] = '\\';
    return true;
}

/* Puts the way from the root folder to a node before what the path has already. Null, or what is in the way. */
static const char *climb(const struct volume *volume, uint32_t id, struct path *path)
{
    static struct thread thread;
    for (int depth = 0; id != root_folder; depth++) {
        if (depth == deepest)
            return "the blessed file lies too deep, or in a folder that is in itself";
        const char *fault = find_thread(volume, id, &thread);
        if (fault)
            return fault;
        for (unsigned i = 0; i < thread.length; i++)
            if (thread.name[i] == '\\')
                return "a name on the way to the blessed file has a \\ in it, which parts names here";
        if (thread.length == 0 || !prepend(path, thread.name, thread.length))
            return "the path of the blessed file is too long";
        id = thread.parent;
    }
    return NULL;
}

static const char not_blessed[] = "the volume is not blessed: its header names no system folder and no file to start";

/* Null when the path was found, else why not. */
static const char *find_blessed(const struct volume *volume, struct path *path)
{
    static struct thread thread;
    const uint32_t *info = volume->finder_info;
    *path = (struct path){.from = longest_path - 1};
    const char *fault = NULL;
    if (info[blessed_file] != 0) {
        fault = find_thread(volume, info[blessed_file], &thread);
        if (fault && fault != no_such_node)
            return fault;
        if (fault == NULL && !thread.is_folder)
            return climb(volume, info[blessed_file], path);
    }
    uint32_t folder = info[blessed_folder] ? info[blessed_folder] : info[system_folder];
    if (folder == 0)
        return fault ? fault : not_blessed;
    prepend(path, file_in_folder, sizeof file_in_folder / 2 - 1);
    return climb(volume, folder, path);
}

struct fault start_from(struct volume *volume)
{
    static struct path path;
    static char name[longest_path];
    struct file *root = root_of(volume->handle);
    if (root == NULL)
        return (struct fault){"volume", "the driver does not take the HFS+ volume: it is damaged, or the driver is another's"};
    seen("volume", "HFS+, %u blocks of %u bytes", volume->total_blocks, volume->block_size);
    struct fault fault = {"blessed", find_blessed(volume, &path)};
    if (fault.text == NULL) {
        const uint16_t *found = path.text + path.from;
        seen("blessed", "%s", ascii(name, sizeof name, found));
        struct content file = read_file(root, found, largest_image);
        fault = file.bytes ? start_image(volume->handle, found, file) : (struct fault){"image", file.fault};
        release(file.bytes);
    }
    root->close(root);
    return fault;
}
