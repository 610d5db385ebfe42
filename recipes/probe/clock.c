#include "clock.h"
#include "io.h"

/* 8254 channel 2, mode 0: its output, bit 5 of port 0x61, rises when the count is done. 1,193,182 counts a second. */
enum { channel = 0x42, mode = 0x43, gate = 0x61, slice_milliseconds = 20, slice_counts = 23864 };

static void start_slice(void)
{
    out8(gate, (in8(gate) & 0xfc) | 1);
    out8(mode, 0xb0);
    out8(channel, slice_counts & 0xff);
    out8(channel, slice_counts >> 8);
}

struct deadline milliseconds(unsigned count)
{
    start_slice();
    return (struct deadline){(count + slice_milliseconds - 1) / slice_milliseconds};
}

bool expired(struct deadline *deadline)
{
    if (deadline->slices == 0)
        return true;
    if (in8(gate) & 0x20) {
        deadline->slices--;
        start_slice();
    }
    return deadline->slices == 0;
}
