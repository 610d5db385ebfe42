#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * The text of a <string> or <integer> that follows <key>name</key> in an XML property list, wherever that stands.
 * False when there is none or it does not fit.
 */
bool plist_text(const char *xml, const char *name, char *to, size_t room);
