#pragma once
#include <stdbool.h>
#include <stdint.h>

/* A key as the firmware gives it: the scan code in the high byte, the character (0 for none) in the low one. */
enum { key_up = 0x4800, key_down = 0x5000, key_return = 0x0d, key_escape = 0x1b, key_backspace = 0x08 };

/* Waits for a key. */
uint16_t read_key(void);

/* Waits for a key at most that many seconds, and forgets it; false when none came. */
bool any_key_within(unsigned seconds, void (*each_second)(unsigned left));

/* By the firmware's clock. */
void wait_a_second(void);
