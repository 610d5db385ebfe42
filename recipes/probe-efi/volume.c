#include "checks.h"
#include "files.h"
#include "macho.h"
#include "memory.h"
#include "report.h"

static const efi_guid loaded_image = LOADED_IMAGE, device_path = DEVICE_PATH;
static const efi_guid path_to_text = DEVICE_PATH_TO_TEXT, file_system_info = FILE_SYSTEM_INFO;

enum { most_path = 200, largest_kernel = 256 << 20 };

/* EFI_FILE_SYSTEM_INFO (13.5); a volume's name has at most 255 characters. */
struct system_info {
    uint64_t size;
    uint8_t read_only, padding[7];
    uint64_t volume_size, free_space;
    uint32_t block_size;
    uint16_t label[256];
};

/* The handle of the volume that this program was loaded from, or null. */
static efi_handle own_volume(const struct loaded_image **image)
{
    *image = protocol_of(self, &loaded_image);
    return *image ? (*image)->device : NULL;
}

static const char *path_as_text(char *to, size_t room, const void *path)
{
    struct device_path_to_text *converter = NULL;
    to[0] = 0;
    if (path == NULL || efi->boot->locate_protocol(&path_to_text, NULL, (void **)&converter) != efi_success)
        return to;
    uint16_t *text = converter->path_to_text(path, true, true);
    ascii(to, room, text);
    release(text);
    return to;
}

void check_volume(void)
{
    const struct loaded_image *image;
    efi_handle volume = own_volume(&image);
    struct file *root = volume ? root_of(volume) : NULL;
    struct system_info info;
    uint64_t size = sizeof info;
    char name[64], device[most_path], path[most_path];
    if (root == NULL || root->get_info(root, &file_system_info, &size, &info) != efi_success) {
        missing("volume", "no file system behind the handle that this program was loaded from");
        return;
    }
    /* A driver need not end the name with a zero where it is as long as can be. */
    info.label[255] = 0;
    seen("volume", "\"%s\", %llu bytes", ascii(name, sizeof name, info.label), (unsigned long long)info.volume_size);
    say("  loaded from %s%s", path_as_text(device, sizeof device, protocol_of(volume, &device_path)),
        path_as_text(path, sizeof path, image->file_path));
    root->close(root);
}

void check_kernel(void)
{
    /* Where the releases have it: since 10.10, and before. */
    static const uint16_t *const paths[] = {u"\\System\\Library\\Kernels\\kernel", u"\\mach_kernel"};
    const struct loaded_image *image;
    efi_handle volume = own_volume(&image);
    struct file *root = volume ? root_of(volume) : NULL;
    const char *fault = "there is no volume to read it from";
    for (unsigned i = 0; root && i < sizeof paths / sizeof *paths; i++) {
        char path[64];
        struct content kernel = read_file(root, paths[i], largest_kernel);
        fault = kernel.fault;
        if (fault == not_there)
            continue;
        if (kernel.bytes == NULL)
            break;
        struct macho macho;
        fault = read_macho(kernel.bytes, kernel.size, &macho);
        if (fault == NULL) {
            seen("kernel", "%s, Mach-O for x86-64, entry at %llx", ascii(path, sizeof path, paths[i]),
                 (unsigned long long)macho.entry);
            say("  %.*s, %llu bytes", (unsigned)(macho.most < 60 ? macho.most : 60), macho.version, (unsigned long long)kernel.size);
        }
        release(kernel.bytes);
        break;
    }
    if (fault)
        missing("kernel", "%s", fault);
    if (root)
        root->close(root);
}
