/*
 * Where the machine enters: by multiboot (Multiboot Specification 0.6.96, 3.1 and 3.2), and from here into the kernel.
 * The header gives the addresses itself, as Chameleon's does: the file is a flat image that is read to 0x120200.
 */
#include "symbol.h"

.set multiboot_magic, 0x1badb002
.set multiboot_flags, 0x00010003        /* align modules on pages, memory information, addresses in the header */
.set code_segment, 0x08
.set data_segment, 0x10
.set stack_size, 32768

FIRST_SECTION
        .balign 4
header:
        .long multiboot_magic, multiboot_flags, -(multiboot_magic + multiboot_flags)
        .long header, header, IMAGE_END, MEMORY_END, SYMBOL(start)

.globl SYMBOL(start)
SYMBOL(start):
        cli
        cld
        lgdt descriptors_address
        ljmp $code_segment, $1f
1:      mov $data_segment, %ecx
        mov %ecx, %ds
        mov %ecx, %es
        mov %ecx, %fs
        mov %ecx, %gs
        mov %ecx, %ss
        mov $stack + stack_size, %esp
        xor %ebp, %ebp
        push %ebx               /* multiboot information */
        push %eax               /* 0x2badb002 from a multiboot loader */
        call SYMBOL(loader)
2:      cli
        hlt
        jmp 2b

/* void enter(uint32_t entry, uint32_t boot_args): as Chameleon does, 32 bits, no paging, boot arguments in eax. */
.globl SYMBOL(enter)
SYMBOL(enter):
        cli
        mov 4(%esp), %ecx
        mov 8(%esp), %eax
        jmp *%ecx

/* Flat code and data for 32 bits; code and data of 64 KiB at 0 for the way to real mode (bios.S). */
        .balign 8
.globl SYMBOL(descriptors)
SYMBOL(descriptors):
        .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00009a000000ffff, 0x000092000000ffff
descriptors_address:
        .short 39
        .long SYMBOL(descriptors)

STACK(stack, stack_size)

END_OF_FILE
