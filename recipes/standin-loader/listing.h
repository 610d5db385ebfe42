#pragma once
#include "system.h"

/* A volume's line in the menu, in the form that LISTING_... chooses (Makefile). */
void list_system(const struct system *system, char *to, size_t room);
