#include "crc32.h"

uint32_t crc32(const void *from, size_t length)
{
    const uint8_t *p = from;
    uint32_t crc = 0xffffffff;
    while (length--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}
