#include "plist.h"
#include "text.h"

static const struct {
    const char *written;
    char means;
} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

static const char *after_spaces(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
        p++;
    return p;
}

/* Behind the element of that key; null when there is none. */
static const char *after_key(const char *xml, const char *name)
{
    while ((xml = text_find(xml, "<key>")) != NULL) {
        xml += 5;
        if (text_begins(xml, name) && text_begins(xml + text_length(name), "</key>"))
            return xml + text_length(name) + 6;
    }
    return NULL;
}

bool plist_text(const char *xml, const char *name, char *to, size_t room)
{
    const char *p = after_key(xml, name);
    if (p == NULL)
        return false;
    p = after_spaces(p);
    if (text_begins(p, "<string>"))
        p += 8;
    else if (text_begins(p, "<integer>"))
        p += 9;
    else
        return false;
    size_t length = 0;
    while (*p && *p != '<') {
        char c = *p;
        size_t taken = 1;
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
            if (text_begins(p, entities[i].written)) {
                c = entities[i].means;
                taken = text_length(entities[i].written);
            }
        if (length + 1 >= room)
            return false;
        to[length++] = c;
        p += taken;
    }
    to[length] = 0;
    return *p == '<';
}
