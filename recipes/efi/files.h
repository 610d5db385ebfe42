#pragma once
#include "host.h"

/* The root folder of the file system on a handle, or null where no driver shows one. */
struct file *root_of(efi_handle handle);

/* Opens a path with \ between its names; null where there is none. To be closed by its own `close`. */
struct file *open_path(struct file *folder, const uint16_t *path);

/* A whole file. */
struct content {
    uint8_t *bytes; /* null where it could not be read */
    size_t size;
    const char *fault; /* why, for people */
};

/* The fault of a file whose path leads nowhere. */
extern const char not_there[];

/* Reads a file; it is refused where it is a folder or larger than `most` bytes. `bytes` is to be given to release(). */
struct content read_file(struct file *folder, const uint16_t *path, size_t most);
