#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Strings ended by a NUL. */
size_t text_length(const char *text);
bool text_begins(const char *text, const char *with);
const char *text_find(const char *text, const char *wanted);

/* Puts `more` behind what is there; what has no room is left out. */
void text_append(char *to, size_t room, const char *more);

/* Reads decimal digits and leaves *text behind them; 0 without any, never more than 99999. */
unsigned text_number(const char **text);
