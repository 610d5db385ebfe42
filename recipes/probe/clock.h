#pragma once
#include <stdbool.h>

/* A bound for a polling loop, in real time. One at a time: it runs on channel 2 of the interval timer. */
struct deadline {
    unsigned slices;
};

struct deadline milliseconds(unsigned count);

/* To be asked in the loop it bounds. */
bool expired(struct deadline *deadline);
