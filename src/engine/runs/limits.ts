/** More runs than these are dropped, the oldest first. */
export const mostRuns = 500;
/** A tenth at a time, so that most runs have nothing to drop. */
export const mostFiles = mostRuns * 1.1;
export const mostDays = 90;
