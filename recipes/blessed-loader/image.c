#include "image.h"
#include "memory.h"
#include "report.h"

static const efi_guid device_path = DEVICE_PATH;

/* The header of Apple's fat EFI files: like a fat Mach-O's, but little-endian. */
static const uint32_t fat_magic = 0x0ef1fab9;
enum { fat_header = 8, fat_entry = 20, most_entries = 16, cpu_x86_64 = 0x01000007 };
/* Microsoft PE and COFF Specification, 2 and 3.3. */
enum { dos_header = 64, pe_offset = 0x3c, machine_x86_64 = 0x8664, machine_i386 = 0x014c, machine_arm64 = 0xaa64 };
/* UEFI, 10.3.1 and 10.3.5.4. */
enum { end_type = 0x7f, end_size = 4, media_type = 4, file_path = 4, most_nodes = 64, longest_device = 1024 };

static const char *take_slice(struct content *file)
{
    if (file->size < fat_header || le32(file->bytes) != fat_magic)
        return NULL;
    uint32_t count = le32(file->bytes + 4);
    if (count > most_entries || fat_header + count * fat_entry > file->size)
        return "its list of machines is damaged";
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = file->bytes + fat_header + i * fat_entry;
        uint32_t offset = le32(entry + 8), size = le32(entry + 12);
        if (le32(entry) != cpu_x86_64)
            continue;
        if (offset > file->size || size > file->size - offset)
            return "its part for x86-64 ends behind the end of the file";
        file->bytes += offset;
        file->size = size;
        return NULL;
    }
    return "it is for several machines, and x86-64 is none of them";
}

/* Null when it is an image for this machine. */
static const char *check_machine(const struct content *file)
{
    if (file->size < dos_header || !same(file->bytes, "MZ", 2))
        return "it is no EFI application: it does not begin with MZ";
    uint32_t header = le32(file->bytes + pe_offset);
    if (header > file->size || file->size - header < 24 || !same(file->bytes + header, "PE\0\0", 4))
        return "it is no EFI application: it has no PE header";
    switch (le16(file->bytes + header + 4)) {
    case machine_x86_64:
        return NULL;
    case machine_i386:
        return "it is for another machine: 32-bit x86, and this firmware is for x86-64";
    case machine_arm64:
        return "it is for another machine: 64-bit ARM, and this firmware is for x86-64";
    default:
        return "it is for another machine, and this firmware is for x86-64";
    }
}

/* The volume's device path with the file's path behind it; to be given to release(). */
static uint8_t *full_path(efi_handle volume, const uint16_t *path)
{
    const uint8_t *device = protocol_of(volume, &device_path);
    size_t length = 0, name = 0;
    if (device == NULL)
        return NULL;
    for (int i = 0; device[length] != end_type; i++) {
        size_t node = le16(device + length + 2);
        if (i == most_nodes || node < end_size || length + node > longest_device)
            return NULL;
        length += node;
    }
    while (path[name])
        name++;
    size_t node = end_size + 2 * (name + 1);
    uint8_t *full = allocate(length + node + end_size);
    if (full == NULL)
        return NULL;
    memcpy(full, device, length);
    memcpy(full + length, (uint8_t[]){media_type, file_path, (uint8_t)node, (uint8_t)(node >> 8)}, end_size);
    memcpy(full + length + end_size, path, 2 * (name + 1));
    memcpy(full + length + node, (uint8_t[]){end_type, 0xff, end_size, 0}, end_size);
    return full;
}

struct fault start_image(efi_handle volume, const uint16_t *path, struct content file)
{
    size_t whole = file.size;
    const char *wrong = take_slice(&file);
    if (wrong == NULL)
        wrong = check_machine(&file);
    if (wrong)
        return (struct fault){"image", wrong};
    uint8_t *from = full_path(volume, path);
    efi_handle image = NULL;
    efi_status status = efi->boot->load_image(false, self, from, file.bytes, file.size, &image);
    release(from);
    if (status != efi_success)
        return (struct fault){"image", "the firmware does not load it: it is damaged"};
    seen("image", "%u bytes for x86-64%s", (unsigned)file.size, whole == file.size ? "" : ", of a file for several machines");
    say("starting it");
    status = efi->boot->start_image(image, NULL, NULL);
    if (status == efi_success)
        return no_fault;
    say("  it ended with status %llx", (unsigned long long)status);
    return (struct fault){"started", "it came back to the loader with an error"};
}
