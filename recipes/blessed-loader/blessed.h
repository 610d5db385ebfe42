#pragma once
#include "fault.h"
#include "volume.h"

/* Finds the volume's blessed file, loads it and starts it. No fault: it was started, and has returned. */
struct fault start_from(struct volume *volume);
