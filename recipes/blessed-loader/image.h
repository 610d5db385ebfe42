#pragma once
#include "fault.h"
#include "files.h"

/*
 * Loads an EFI application, of a fat file the part for x86-64, as if it came from that path of the volume, and starts it.
 */
struct fault start_image(efi_handle volume, const uint16_t *path, struct content file);
