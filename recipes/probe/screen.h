#pragma once

/* What the first six characters of a line say. */
enum tag { tag_none, tag_seen, tag_missing };

void clear_screen(void);

/*
 * Writes a line to the debug console (port 0xe9) and to the screen. One that is longer than the screen is cut there and
 * whole on the console; what does not fit below is on the console only.
 */
void put_line(const char *line, enum tag tag);
