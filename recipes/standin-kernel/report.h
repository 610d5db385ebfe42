#pragma once
#include <stdbool.h>

/*
 * Lines, at once on the debug console (port 0xe9) and on the serial line (COM1): "[ ok ] name  what was seen" or
 * "[miss] name  what is missing". The screen belongs to the loader until picture.c takes it.
 */
void say(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
void seen(const char *name, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
void missing(const char *name, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* Says the verdict: "all seen", or the names of what is missing. True when nothing is. */
bool verdict(void);
