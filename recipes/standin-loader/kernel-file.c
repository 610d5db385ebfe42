#include "kernel-file.h"
#include "memory-map.h"
#include "memory.h"

/* mach-o/loader.h and mach-o/fat.h. The file is read to 64 MiB; the kernel runs from 2 MiB on, at most up to there. */
enum { file_address = 0x4000000, largest_file = 0x4000000, kernel_low = 0x200000, kernel_high = file_address };
enum { magic_fat = 0xcafebabe, magic_64 = 0xfeedfacf, cpu_x86_64 = 0x01000007, header_size = 32, executable = 2 };
enum { segment_64 = 0x19, unixthread = 0x5, thread_state_64 = 4, rip_offset = 16 + 16 * 8, most_commands = 256 };

/* Kernels are linked for the top of the address space; where they lie in memory is in the low 30 bits. */
static uint32_t physical(uint64_t address) { return (uint32_t)address & 0x3fffffff; }

/* The part of a universal file that is for x86-64; false when there is none. */
static bool thin(const uint8_t **file, uint32_t *size)
{
    if (*size < header_size)
        return false;
    if (be32(*file) != magic_fat)
        return true;
    uint32_t count = be32(*file + 4);
    for (uint32_t i = 0; i < count && 8 + 20 * (i + 1) <= *size; i++) {
        const uint8_t *part = *file + 8 + 20 * i;
        uint32_t offset = be32(part + 8), length = be32(part + 12);
        if (be32(part) != cpu_x86_64)
            continue;
        if (offset > *size || length > *size - offset || length < header_size)
            return false;
        *file += offset;
        *size = length;
        return true;
    }
    return false;
}

static const char *place_segment(const uint8_t *command, const uint8_t *file, uint32_t size, struct kernel *kernel)
{
    uint64_t memory = le64(command + 32), offset = le64(command + 40), length = le64(command + 48);
    uint32_t address = physical(le64(command + 24));
    /* As Chameleon does: a segment without anything in the file is left alone. */
    if (memory == 0 || length == 0)
        return NULL;
    if (address < kernel_low || memory > kernel_high - address || address > kernel_high)
        return "a segment lies outside of the memory for kernels";
    if (length > memory || offset > size || length > size - offset)
        return "a segment lies outside of the file";
    memcpy((void *)address, file + offset, (size_t)length);
    memset((void *)(address + (uint32_t)length), 0, (size_t)(memory - length));
    if (address < kernel->start)
        kernel->start = address;
    if (address + memory > kernel->end)
        kernel->end = address + (uint32_t)memory;
    return NULL;
}

static const char *place(const uint8_t *file, uint32_t size, struct kernel *kernel)
{
    if (!thin(&file, &size) || le32(file) != magic_64 || le32(file + 4) != cpu_x86_64 || le32(file + 12) != executable)
        return "it is no Mach-O executable for x86-64";
    uint32_t count = le32(file + 16), at = header_size;
    *kernel = (struct kernel){.start = kernel_high};
    for (uint32_t i = 0; i < count && i < most_commands; i++) {
        uint32_t room = size - at, length = room >= 8 ? le32(file + at + 4) : 0;
        const uint8_t *command = file + at;
        if (length < 8 || length > room)
            return "its load commands run over its end";
        if (le32(command) == segment_64 && length >= 72) {
            const char *fault = place_segment(command, file, size, kernel);
            if (fault)
                return fault;
        }
        if (le32(command) == unixthread && length >= rip_offset + 8 && le32(command + 8) == thread_state_64)
            kernel->entry = physical(le64(command + rip_offset));
        at += length;
    }
    if (kernel->entry < kernel->start || kernel->entry >= kernel->end)
        return "it has no entry point";
    return NULL;
}

const char *load_kernel(const struct hfs *hfs, const struct fork *fork, struct kernel *kernel)
{
    if (fork->size > largest_file || !is_usable(kernel_low, file_address + fork->size - kernel_low))
        return "there is not enough memory for it";
    if (!hfs_read(hfs, fork, 0, (void *)file_address, (uint32_t)fork->size))
        return "it cannot be read";
    return place((const uint8_t *)file_address, (uint32_t)fork->size, kernel);
}
