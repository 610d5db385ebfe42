#include "macho.h"
#include "memory.h"

enum { header_size = 32, cpu_x86_64 = 0x01000007, executable = 2, unix_thread = 5 };
enum { segment_64 = 0x19, segment_size = 72, thread_state_64 = 4, rip = 16 + 16 * 8, most_commands = 1000 };
static const uint32_t magic_64 = 0xfeedfacf;

const char *read_macho(const uint8_t *bytes, size_t size, struct macho *macho)
{
    static const char version[] = "Darwin Kernel Version ";
    if (size < header_size || le32(bytes) != magic_64)
        return "it does not begin as a 64-bit Mach-O file does";
    if (le32(bytes + 4) != cpu_x86_64 || le32(bytes + 12) != executable)
        return "it is no Mach-O executable for x86-64";
    uint32_t count = le32(bytes + 16), commands = le32(bytes + 20);
    if (commands > size - header_size || count > most_commands)
        return "its load commands are longer than the file";
    const uint8_t *command = bytes + header_size, *end = command + commands;
    macho->entry = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t left = (uint32_t)(end - command);
        uint32_t length = left < 8 ? 0 : le32(command + 4);
        if (length < 8 || length > left)
            return "a load command does not fit";
        if (le32(command) == segment_64) {
            if (length < segment_size)
                return "a segment's command is too short";
            uint64_t from = le64(command + 40), bytes_in_file = le64(command + 48);
            if (from > size || bytes_in_file > size - from)
                return "a segment ends behind the end of the file";
        }
        if (le32(command) == unix_thread && length >= rip + 8 && le32(command + 8) == thread_state_64)
            macho->entry = le64(command + rip);
        command += length;
    }
    if (macho->entry == 0)
        return "no load command says where it begins";
    macho->version = (const char *)find(bytes, size, version, sizeof version - 1, 1);
    if (macho->version == NULL)
        return "it does not say which Darwin kernel it is";
    macho->most = (size_t)((const char *)bytes + size - macho->version);
    return NULL;
}
