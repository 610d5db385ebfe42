/* A Mach-O executable's header and load commands (Apple, mach-o/loader.h and mach-o/nlist.h), as data. */

.set mh_magic_64, 0xfeedfacf
.set cpu_type_x86_64, 0x01000007
.set cpu_subtype_all, 3
.set mh_execute, 2
.set mh_noundefs, 1
.set lc_symtab, 0x2
.set lc_unixthread, 0x5
.set lc_segment_64, 0x19
.set thread_state64, 4
.set prot_r, 1
.set prot_rw, 3
.set prot_rx, 5
.set s_zerofill, 1
.set code, 0x80000400           /* S_ATTR_PURE_INSTRUCTIONS and S_ATTR_SOME_INSTRUCTIONS */
.set n_sect_ext, 0x0f

.macro name16 text
        .ascii "\text"
        .fill 16 - (. - 1b), 1, 0
.endm

.macro segment name, address, memory, offset, file, prot, sections
        .long lc_segment_64, 72 + 80 * \sections
1:      name16 \name
        .quad \address, \memory, \offset, \file
        .long \prot, \prot, \sections, 0
.endm

.macro section segment, name, address, size, offset, align, flags
1:      name16 \name
1:      name16 \segment
        .quad \address, \size
        .long \offset, \align, 0, 0, \flags, 0, 0, 0
.endm

/* Addresses, offsets and sizes are symbols of kernel.ld. */
.section .mach_o, "a"
        .long mh_magic_64, cpu_type_x86_64, cpu_subtype_all, mh_execute
        .long 5, commands_end - commands, mh_noundefs, 0
commands:
        segment __TEXT, base, text_segment_size, 0, text_segment_size, prot_rx, 2
        section __TEXT, __text, text_start, text_size, text_offset, 4, code
        section __TEXT, __const, const_start, const_size, const_offset, 4, 0
        segment __DATA, data_start, data_segment_size, data_offset, data_size, prot_rw, 2
        section __DATA, __data, data_start, data_size, data_offset, 4, 0
        section __DATA, __bss, bss_start, bss_size, 0, 12, s_zerofill
        segment __LINKEDIT, linkedit_start, linkedit_size, linkedit_offset, linkedit_size, prot_r, 0
        .long lc_symtab, 24, symbols_offset, 2, strings_offset, strings_end - strings

        /* rax to r15, rip, rflags, cs, fs, gs: only rip counts. */
        .long lc_unixthread, 16 + 42 * 4, thread_state64, 42
        .fill 16, 8, 0
        .quad start
        .fill 4, 8, 0
commands_end:

.section .linkedit, "a"
        .balign 8
.global symbols, strings
symbols:
        .long name_start - strings
        .byte n_sect_ext, 1
        .short 0
        .quad start
        .long name_version - strings
        .byte n_sect_ext, 2
        .short 0
        .quad version
strings:
        .byte ' ', 0
name_start:
        .asciz "_start"
name_version:
        .asciz "_version"
        .balign 8
strings_end:

.section .note.GNU-stack, "", @progbits
