#pragma once

/* Each looks at one part of what the firmware offers and reports it, seen or missing (report.h). */
void check_firmware(void);
void check_graphics(void);
void check_smbios(void);
void check_acpi(void);
void check_smc(void);
void check_memory_map(void);
void check_volume(void);
void check_kernel(void);
