#pragma once

/* The VGA text screen, 80 columns by 25 rows. */
enum { columns = 80, rows = 25, normal = 0x07, inverse = 0x70 };

void console_start(void);
void console_move(int row, int column);

/* Empties the rows from that one on, and goes to its begin. */
void console_clear_from(int row);

/* Writes on from where it is; "\n" goes to the next row, and the screen moves up at its end. */
void print(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/* A row's text in one colour, padded to `width`. */
void print_row(int row, int colour, int width, const char *text);

/* Takes the last character back. */
void console_rub_out(void);
