/* What assembly for ELF and for Mach-O objects has in different words. */
#ifdef __MACH__
#define SYMBOL(name) _##name
#define FIRST_SECTION .section __INIT, __text
#define TEXT .text
#define BSS .section __DATA, __bss, zerofill
#define END_OF_FILE
#else
#define SYMBOL(name) name
#define FIRST_SECTION .section .first, "ax"
#define TEXT .text
#define BSS .bss
#define END_OF_FILE .section .note.GNU-stack, "", @progbits
#endif
