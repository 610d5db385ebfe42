/*
 * From 32-bit protected mode to real mode and back (Intel SDM volume 3, 9.9). The part that runs in real mode is copied
 * to `low`; all its addresses are counted from there.
 */
#include "symbol.h"

.set low, 0x7000                /* the real-mode stack is below it, the registers are behind it */
.set registers, 0x7200
.set code32, 0x08
.set data32, 0x10
.set code16, 0x18
.set data16, 0x20
.set carry, 1

#define LOW(label) (label - real_mode + low)

.text

/* bool bios(uint8_t interrupt, struct registers *registers) */
.globl SYMBOL(bios)
SYMBOL(bios):
        push %ebp
        mov %esp, %ebp
        push %ebx
        push %esi
        push %edi

        mov $real_mode, %esi
        mov $low, %edi
        mov $(real_mode_end - real_mode), %ecx
        rep movsb
        mov 8(%ebp), %al
        mov %al, LOW(vector)
        mov 12(%ebp), %esi
        mov $registers, %edi
        mov $32, %ecx
        rep movsb
        mov %esp, LOW(saved_stack)
        ljmp $code16, $low

returned:
        mov $data32, %ecx
        mov %ecx, %ds
        mov %ecx, %es
        mov %ecx, %fs
        mov %ecx, %gs
        mov %ecx, %ss
        mov LOW(saved_stack), %esp
        mov $registers, %esi
        mov 12(%ebp), %edi
        mov $32, %ecx
        rep movsb
        mov registers + 28, %eax
        and $carry, %eax
        xor $1, %eax
        pop %edi
        pop %esi
        pop %ebx
        pop %ebp
        ret

.code16
real_mode:
        mov $data16, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %ss
        lidt LOW(real_interrupts)
        mov %cr0, %eax
        and $0xfe, %al
        mov %eax, %cr0
        ljmp $0, $LOW(in_real_mode)
in_real_mode:
        xor %ax, %ax
        mov %ax, %ss
        mov $low, %sp
        mov %ax, %ds
        push %ebp
        mov registers + 0, %eax
        mov registers + 4, %ebx
        mov registers + 8, %ecx
        mov registers + 12, %edx
        mov registers + 16, %esi
        mov registers + 20, %edi
        mov registers + 26, %es
        mov registers + 24, %ds
        sti
        .byte 0xcd              /* int */
vector: .byte 0
        cli
        cld
        pushfl
        push %ds
        push %es
        push %eax
        xor %ax, %ax
        mov %ax, %ds
        pop %eax
        mov %eax, registers + 0
        mov %ebx, registers + 4
        mov %ecx, registers + 8
        mov %edx, registers + 12
        mov %esi, registers + 16
        mov %edi, registers + 20
        pop %ax
        mov %ax, registers + 26
        pop %ax
        mov %ax, registers + 24
        pop %eax
        mov %eax, registers + 28
        pop %ebp
        lgdtl LOW(protected_descriptors)
        mov %cr0, %eax
        or $1, %al
        mov %eax, %cr0
        ljmpl $code32, $returned

        .balign 4
saved_stack:
        .long 0
real_interrupts:
        .short 0x3ff
        .long 0
protected_descriptors:
        .short 39
        .long SYMBOL(descriptors)
real_mode_end:
.code32

END_OF_FILE
