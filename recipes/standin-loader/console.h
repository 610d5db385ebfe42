#pragma once
#include <stdbool.h>

/* The VGA text screen, 80 columns by 25 rows. */
enum { columns = 80, rows = 25, normal = 0x07, inverse = 0x70 };

void console_start(void);
void console_move(int row, int column);

/* Empties the rows from that one on, and goes to its begin. */
void console_clear_from(int row);

/* Writes on from where it is; "\n" goes to the next row, and the screen moves up at its end. */
void print(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/*
 * A menu's item as Chameleon draws it: the text from column 4 on, padded to 40 cells that begin at column 2, in inverse
 * colour as far as it is long where it is chosen. Only 40 cells lose that colour again.
 */
void print_item(int row, const char *text, bool chosen);

/* Takes the last character back. */
void console_rub_out(void);
