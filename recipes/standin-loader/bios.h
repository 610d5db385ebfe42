#pragma once
#include <stdbool.h>
#include <stdint.h>

/* What an interrupt is called with, and what it leaves. Segments other than ds and es are 0. */
struct registers {
    uint32_t eax, ebx, ecx, edx, esi, edi;
    uint16_t ds, es;
    uint32_t flags;
};

/* Calls the firmware's interrupt in real mode, with interrupts enabled. True unless it set the carry flag. */
bool bios(uint8_t interrupt, struct registers *registers);

/* Memory below 1 MiB that the firmware can reach, 64 KiB at a segment's start: for what goes to it and comes from it. */
enum { exchange = 0x10000, exchange_segment = exchange >> 4, exchange_size = 0x10000 };
