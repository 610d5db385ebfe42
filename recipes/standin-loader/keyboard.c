#include "keyboard.h"
#include "bios.h"

/* The firmware counts 18.2 ticks a second at 46c, by interrupts, which are on while it is called. */
enum { service = 0x16, ticks_a_second = 18, zero_flag = 1 << 6 };

static volatile const uint32_t *const ticks = (volatile const uint32_t *)0x46c;

static bool key_waits(void)
{
    struct registers registers = {.eax = 0x0100};
    bios(service, &registers);
    return !(registers.flags & zero_flag);
}

uint16_t read_key(void)
{
    struct registers registers = {.eax = 0};
    bios(service, &registers);
    return (uint16_t)registers.eax;
}

void wait_a_second(void)
{
    uint32_t start = *ticks;
    while (*ticks - start < ticks_a_second)
        key_waits();
}

bool any_key_within(unsigned seconds, void (*each_second)(unsigned left))
{
    for (; seconds > 0; seconds--) {
        each_second(seconds);
        uint32_t start = *ticks;
        while (*ticks - start < ticks_a_second)
            if (key_waits()) {
                read_key();
                return true;
            }
    }
    return false;
}
