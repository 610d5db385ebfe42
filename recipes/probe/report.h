#pragma once
#include <stdbool.h>

/*
 * Everything the probe says goes out as lines, at once on the debug console (port 0xe9) and on the screen.
 * "[ ok ] name  what was seen" or "[miss] name  what is missing".
 */
void say(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
void seen(const char *name, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
void missing(const char *name, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* Says the verdict: "all seen", or the names of what is missing. True when nothing is. */
bool verdict(void);
