#pragma once
#include "io.h"

/* What isa-debug-exit is given; QEMU's exit status is twice that plus one: 65, 67, 69. */
enum { debug_exit = 0xf4, exit_all_seen = 32, exit_missing = 33, exit_fault = 34 };

/* Returns only on a machine without isa-debug-exit; the caller then halts. */
static inline void end_machine(int code) { out8(debug_exit, (uint8_t)code); }
