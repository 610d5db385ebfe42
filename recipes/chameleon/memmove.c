/*
 * Copying that may overlap. Of two copies of a structure in a row clang makes one, and calls this when it cannot tell
 * whether the ends meet. A tree that has it is linked with its own.
 */
void *memmove(void *to, const void *from, unsigned long length);

void *memmove(void *to, const void *from, unsigned long length)
{
    void *at = to;
    if ((unsigned long)to - (unsigned long)from >= length) {
        asm volatile("cld; rep movsb" : "+D"(at), "+S"(from), "+c"(length) : : "memory");
    } else {
        at = (char *)to + length - 1;
        from = (const char *)from + length - 1;
        asm volatile("std; rep movsb; cld" : "+D"(at), "+S"(from), "+c"(length) : : "memory");
    }
    return to;
}
