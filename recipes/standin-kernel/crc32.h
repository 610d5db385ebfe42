#pragma once
#include <stddef.h>
#include <stdint.h>

/* CRC-32 as EFI's tables carry it (UEFI 2.9, 4.2): polynomial edb88320, reflected, begun with and xored by ffffffff. */
uint32_t crc32(const void *from, size_t length);
