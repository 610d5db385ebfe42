#pragma once
#include "fault.h"

/* Loads the HFS+ driver that lies beside this loader on its own volume, and lets it look at every disk. */
struct fault load_driver(void);
