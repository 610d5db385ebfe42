#pragma once
#include <stdint.h>

/* Each looks at one part of the machine and reports it, seen or missing (report.h). */
void check_firmware(uint32_t loader_magic);
void check_smbios(void);
void check_smc(void);
void check_acpi(void);
void check_disks(void);
void check_network(void);
void check_cpu(void);

/* Catches processor exceptions: each ends the machine with its own code instead of a reset. */
void catch_faults(void);
