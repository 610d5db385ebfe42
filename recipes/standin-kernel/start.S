/*
 * The loader enters here in 32-bit protected mode, without paging, with flat segments, and with the physical address of
 * the boot arguments in eax. From here to long mode: Intel SDM volume 3, 9.8.5. Memory below 4 GiB is mapped where it
 * is, and once more at the kernel's own addresses.
 */

.set virtual, 0xffffff8000000000
.set present_writable, 3
.set large_page, 0x83
.set pae, 1 << 5
.set efer, 0xc0000080
.set long_mode_enable, 1 << 8
.set paging, 1 << 31
.set code_segment, 8

.text
.code32
.global start
start:
        cli
        cld
        mov %eax, %edi
        mov $(stack_top - virtual), %esp

        mov $(pointers - virtual) + present_writable, %eax
        mov %eax, level4 - virtual
        mov %eax, level4 - virtual + 511 * 8
        mov $(directories - virtual) + present_writable, %eax
        mov $(pointers - virtual), %ebx
        mov $4, %ecx
1:      mov %eax, (%ebx)
        add $4096, %eax
        add $8, %ebx
        loop 1b

        mov $large_page, %eax
        mov $(directories - virtual), %ebx
        mov $2048, %ecx
2:      mov %eax, (%ebx)
        add $0x200000, %eax
        add $8, %ebx
        loop 2b

        mov %cr4, %eax
        or $pae, %eax
        mov %eax, %cr4
        mov $(level4 - virtual), %eax
        mov %eax, %cr3
        mov $efer, %ecx
        rdmsr
        or $long_mode_enable, %eax
        wrmsr
        mov %cr0, %eax
        or $paging, %eax
        mov %eax, %cr0
        lgdt descriptors_address - virtual
        ljmp $code_segment, $(long_mode - virtual)

.code64
long_mode:
        mov $code_segment + 8, %eax
        mov %eax, %ds
        mov %eax, %es
        mov %eax, %ss
        lea stack_top(%rip), %rsp
        movabs $high, %rax
        jmp *%rax
high:
        lea stack_top(%rip), %rsp
        mov %edi, %edi          /* the upper half is undefined after the switch */
        call kernel
halt:
        cli
        hlt
        jmp halt

.section .rodata
.balign 8
descriptors:
        .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
descriptors_address:
        .short . - descriptors - 1
        .long descriptors - virtual

.bss
.balign 4096
level4:         .skip 4096
pointers:       .skip 4096
directories:    .skip 4 * 4096
stack:          .skip 16384
stack_top:

.section .note.GNU-stack, "", @progbits
