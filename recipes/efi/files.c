#include "files.h"

static const efi_guid file_system = SIMPLE_FILE_SYSTEM, file_info = FILE_INFO;

/* EFI_FILE_INFO (13.5), whose name follows: at most 255 characters. */
struct info {
    uint64_t size, file_size, physical_size;
    uint8_t times[48];
    uint64_t attribute;
    uint16_t name[256];
};

struct file *root_of(efi_handle handle)
{
    struct simple_file_system *system = protocol_of(handle, &file_system);
    struct file *root = NULL;
    return system && system->open_volume(system, &root) == efi_success ? root : NULL;
}

struct file *open_path(struct file *folder, const uint16_t *path)
{
    struct file *opened = NULL;
    return folder->open(folder, &opened, path, mode_read, 0) == efi_success ? opened : NULL;
}

static struct content read_whole(struct file *file, size_t most)
{
    struct info info;
    uint64_t info_size = sizeof info;
    if (file->get_info(file, &file_info, &info_size, &info) != efi_success)
        return (struct content){.fault = "its size cannot be read"};
    if (info.attribute & file_directory)
        return (struct content){.fault = "it is a folder"};
    if (info.file_size == 0)
        return (struct content){.fault = "it is empty"};
    if (info.file_size > most)
        return (struct content){.fault = "it is too large"};
    uint8_t *bytes = allocate(info.file_size);
    if (bytes == NULL)
        return (struct content){.fault = "there is not enough memory for it"};
    size_t size = 0;
    while (size < info.file_size) {
        uint64_t part = info.file_size - size;
        if (file->read(file, &part, bytes + size) != efi_success || part == 0) {
            release(bytes);
            return (struct content){.fault = "its bytes cannot be read"};
        }
        size += part;
    }
    return (struct content){bytes, size, NULL};
}

const char not_there[] = "it is not there";

struct content read_file(struct file *folder, const uint16_t *path, size_t most)
{
    struct file *file = open_path(folder, path);
    if (file == NULL)
        return (struct content){.fault = not_there};
    struct content content = read_whole(file, most);
    file->close(file);
    return content;
}
