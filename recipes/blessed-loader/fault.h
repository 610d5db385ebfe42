#pragma once

/* What did not come, by the milestone's name, and why, for people; the name is null where all is well. */
struct fault {
    const char *name, *text;
};

static const struct fault no_fault = {0, 0};
