#pragma once
#include "boot-args.h"

/* Sets the VESA mode that "1280x1024x32" asks for; what is on the screen then. VGA text stays when there is no such mode. */
struct boot_video set_video(const char *wanted);
