/*
 * Zeroing of memory. Where a large structure begins as zeros, clang for Macs from 10.6 on calls this by its name in
 * their system library. A tree that has it is linked with its own.
 */
void __bzero(void *at, unsigned long length);

void __bzero(void *at, unsigned long length)
{
    asm volatile("cld; rep stosb" : "+D"(at), "+c"(length) : "a"(0) : "memory");
}
