#pragma once
#include "system.h"

enum { longest_flags = 512 };

/*
 * Lets the user choose a volume by the arrow keys and type kernel flags. With a timeout above 0 it counts down first,
 * and the choice stays `otherwise` when no key is pressed. Escape, too, starts up from that one, without flags.
 */
unsigned choose(const struct system *const *items, unsigned count, unsigned otherwise, unsigned timeout,
                char flags[longest_flags]);

/* The row below the banner, where the menu begins and messages go. */
enum { menu_row = 5 };
