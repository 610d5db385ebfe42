/* Entry of the probe: Multiboot Specification 0.6.96, section 3.1 (header) and 3.2 (machine state). */

.set magic, 0x1badb002
.set flags, 0x00000003          /* align modules on pages, give memory information */

.section .multiboot, "a"
.balign 4
        .long magic, flags, -(magic + flags)

.text
.global start
start:
        cli
        cld
        mov $stack_top, %esp
        xor %ebp, %ebp
        push %ebx               /* multiboot information */
        push %eax               /* 0x2badb002 from a multiboot loader */
        call probe
halt:
        cli
        hlt
        jmp halt

/*
 * One stub an exception (Intel SDM volume 3, 6.15). The processor pushes an error code for some of them;
 * the others push a zero, so that `fault` finds the same frame: vector, error code, eip.
 */
.macro exception vector, has_code=0
exception_\vector:
        .if \has_code == 0
        push $0
        .endif
        push $\vector
        jmp exception_common
.endm

.altmacro
.macro exceptions_without_code first, last
        exception %(\first)
        .if \last - \first
        exceptions_without_code %(\first + 1), \last
        .endif
.endm
exceptions_without_code 0, 7
exception 8, 1
exception 9
exception 10, 1
exception 11, 1
exception 12, 1
exception 13, 1
exception 14, 1
exception 15
exception 16
exception 17, 1
exceptions_without_code 18, 31

exception_common:
        call fault
        jmp halt

.section .rodata
.global exception_stubs
.balign 4
.macro stub_address vector
        .long exception_\vector
.endm
.macro stub_addresses first, last
        stub_address %(\first)
        .if \last - \first
        stub_addresses %(\first + 1), \last
        .endif
.endm
exception_stubs:
        stub_addresses 0, 31

.bss
.balign 16
        .skip 16384
stack_top:

.section .note.GNU-stack, "", @progbits
