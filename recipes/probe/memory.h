#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memset(void *to, int value, size_t length);
void *memcpy(void *to, const void *from, size_t length);
bool same(const void *a, const void *b, size_t length);

/* The first place where `wanted` stands, on a multiple of `step` bytes, or null. */
const uint8_t *find(const void *from, size_t length, const void *wanted, size_t wanted_length, size_t step);

/* Do the bytes add up to 0, as the tables of SMBIOS and ACPI must? */
bool sums_to_zero(const void *from, size_t length);

/* Physical memory at an address; the probe runs without paging. */
static inline const uint8_t *at(uint32_t address) { return (const uint8_t *)(uintptr_t)address; }

static inline uint16_t le16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t le32(const uint8_t *p) { return le16(p) | (uint32_t)le16(p + 2) << 16; }
static inline uint64_t le64(const uint8_t *p) { return le32(p) | (uint64_t)le32(p + 4) << 32; }
static inline uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t be32(const uint8_t *p) { return (uint32_t)be16(p) << 16 | be16(p + 2); }
