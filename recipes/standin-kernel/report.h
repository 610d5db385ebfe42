#pragma once
#include <stdbool.h>

/*
 * Lines, at once on the debug console (port 0xe9) and on the serial line (COM1): "[ ok ] name  what was seen" or
 * "[miss] name  what is missing".
 */
void say(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
void seen(const char *name, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
void missing(const char *name, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* From here on what is said stands on the VGA text screen too, which is emptied. */
void use_text_screen(void);

/* Says the verdict: "all seen", or the names of what is missing. True when nothing is. */
bool verdict(void);
