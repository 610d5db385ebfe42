/* What ELF and Mach-O objects have in different words: gcc with GNU ld, or clang with cidermill's linker. */
#ifdef __MACH__
#define SYMBOL(name) _##name
#define FIRST_SECTION .section __INIT, __text
#define STACK(name, size) .zerofill __DATA, __bss, name, size, 4
#define IMAGE_END 0                     /* the file's end */
#define MEMORY_END "section$end$__DATA$__bss"
#define END_OF_FILE
#else
#define SYMBOL(name) name
#define FIRST_SECTION .section .first, "ax"
#define STACK(name, size) .local name; .comm name, size, 16
#define IMAGE_END image_end             /* loader.ld */
#define MEMORY_END memory_end
#define END_OF_FILE .section .note.GNU-stack, "", @progbits
#endif
