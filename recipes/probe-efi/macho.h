#pragma once
#include <stddef.h>
#include <stdint.h>

struct macho {
    uint64_t entry;      /* rip of its LC_UNIXTHREAD */
    const char *version; /* "Darwin Kernel Version …", in the file's bytes */
    size_t most;         /* how many bytes of the file there are from it on */
};

/*
 * Reads a kernel's header and load commands (Apple, mach-o/loader.h), all within the file's bytes.
 * Returns null, or what is wrong with it.
 */
const char *read_macho(const uint8_t *bytes, size_t size, struct macho *macho);
