#include "report.h"
#include "format.h"
#include "screen.h"
#include <stdint.h>

static int checks;
static const char *missed[24];
static unsigned missed_count;

static void put_check(enum tag tag, const char *name, const char *pattern, va_list values)
{
    char what[160], line[192];
    format(what, sizeof what, pattern, values);

    int length = 0;
    for (const char *c = tag == tag_seen ? "[ ok ]" : "[miss]"; *c; c++)
        line[length++] = *c;
    line[length++] = ' ';
    for (const char *c = name; *c; c++)
        line[length++] = *c;
    while (length < 17)
        line[length++] = ' ';
    for (const char *c = what; *c; c++)
        line[length++] = *c;
    line[length] = 0;
    put_line(line, tag);
    checks++;
}

void say(const char *pattern, ...)
{
    char line[160];
    va_list values;
    va_start(values, pattern);
    format(line, sizeof line, pattern, values);
    va_end(values);
    put_line(line, tag_none);
}

void seen(const char *name, const char *pattern, ...)
{
    va_list values;
    va_start(values, pattern);
    put_check(tag_seen, name, pattern, values);
    va_end(values);
}

void missing(const char *name, const char *pattern, ...)
{
    va_list values;
    va_start(values, pattern);
    put_check(tag_missing, name, pattern, values);
    va_end(values);
    if (missed_count < sizeof missed / sizeof *missed)
        missed[missed_count++] = name;
}

bool verdict(void)
{
    if (missed_count == 0) {
        say("all %u seen", checks);
        return true;
    }
    char names[160];
    unsigned length = 0;
    for (unsigned i = 0; i < missed_count; i++) {
        for (const char *c = i ? ", " : ""; *c && length + 1 < sizeof names; c++)
            names[length++] = *c;
        for (const char *c = missed[i]; *c && length + 1 < sizeof names; c++)
            names[length++] = *c;
    }
    names[length] = 0;
    say("missing: %s", names);
    return false;
}
