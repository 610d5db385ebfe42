#pragma once
#include "boot-args.h"
#include "kernel-file.h"

/* What the kernel is told beside what the machine says of itself. */
struct handover {
    const char *command_line;
    /* OS X 10.7 and later know version 2 of the boot arguments; before it was 1. */
    unsigned version;
    /* From 10.12 on the video is said in other fields of version 2 alone. */
    bool wide_video;
    struct boot_video video;
};

/*
 * Lays the boot arguments, the memory map, a device tree and an EFI system table behind the kernel; gives the address of
 * the boot arguments.
 */
uint32_t hand_over(const struct kernel *kernel, const struct handover *handover);
