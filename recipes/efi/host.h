#pragma once
#include "efi.h"
#include <stdbool.h>
#include <stddef.h>

/* The firmware, as efi_main was handed it; main.c. */
extern struct system_table *efi;
extern efi_handle self;

/* What the program does; main.c calls it. */
efi_status run(void);

/* A protocol of a handle, or null. */
void *protocol_of(efi_handle handle, const efi_guid *guid);

/* The handles that have a protocol; null where there are none. To be given to release(). */
efi_handle *handles_with(const efi_guid *guid, size_t *count);

/* A table of the firmware's by its GUID, or null. */
const void *table_of(const efi_guid *guid);

/* Memory that stays; null where there is none. */
void *allocate(size_t size);
void release(void *memory);

/* Waits for a key for a time, or without end for 0. True when there was one. */
bool wait_for_key(unsigned seconds);

/* Text as ASCII, cut where the room ends; what is not ASCII becomes '?'. Returns `to`. */
const char *ascii(char *to, size_t room, const uint16_t *text);
