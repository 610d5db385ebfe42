#include "checks.h"
#include "clock.h"
#include "io.h"
#include "memory.h"
#include "report.h"

/* The SMC's port protocol as the Linux driver applesmc and QEMU's isa-applesmc speak it. */
enum { data = 0x300, command = 0x304, read_key = 0x10, half = 32 };
enum { data_ready = 0x01, accepted = 0x04, status_mask = 0x0f };

_Static_assert(sizeof TEST_OSK == 2 * half + 1, "the OSK has 64 characters");

static bool status_becomes(uint8_t wanted)
{
    struct deadline deadline = milliseconds(100);
    do {
        uint8_t status = in8(command);
        if (status != 0xff && (status & wanted) == wanted)
            return true;
    } while (!expired(&deadline));
    return false;
}

static bool read(const char key[4], uint8_t *to, uint8_t length)
{
    out8(command, read_key);
    if (!status_becomes(accepted))
        return false;
    for (int i = 0; i < 4; i++) {
        out8(data, (uint8_t)key[i]);
        if (!status_becomes(accepted))
            return false;
    }
    out8(data, length);
    for (int i = 0; i < length; i++) {
        if (!status_becomes(data_ready))
            return false;
        to[i] = in8(data);
    }
    return true;
}

void check_smc(void)
{
    uint8_t revision[6], osk[2 * half];
    if (!read("REV ", revision, sizeof revision)) {
        missing("smc", "no answer at ports 300 and 304");
        missing("osk", "no SMC to ask");
        return;
    }
    seen("smc", "answers at ports 300 and 304, REV %02x%02x%02x%02x%02x%02x", revision[0], revision[1], revision[2],
         revision[3], revision[4], revision[5]);
    if (!read("OSK0", osk, half) || !read("OSK1", osk + half, half))
        missing("osk", "keys OSK0 and OSK1 cannot be read");
    else if (!same(osk, TEST_OSK, sizeof osk))
        missing("osk", "OSK0 and OSK1 are not the test string");
    else
        seen("osk", "OSK0 and OSK1 are the test string");
}
