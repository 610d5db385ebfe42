#pragma once
#include <stdarg.h>
#include <stddef.h>

/*
 * Writes text into `to`, always ended by a NUL, cut where the room ends. Knows %s, %.*s, %u, %llu, %x, %0Nx (N one
 * digit) and %%. Bytes of strings that are not printable ASCII become '?': they come from devices and images.
 */
void format(char *to, size_t room, const char *pattern, va_list values);
