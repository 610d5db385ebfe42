/*
 * A PCI option ROM that boots nothing. QEMU gives every network card a boot ROM and refuses to start without its file;
 * ours are not built from source, so this one stands in. QEMU writes the card's vendor and device into it
 * (PCI Firmware Specification 3.0, 5.1); scripts/signrom.py of QEMU makes the checksum.
 */
    .code16
    .globl _start
_start:
    .byte 0x55, 0xaa
    .byte 1                     /* length: 1 x 512 bytes */
init:
    xorw %ax, %ax               /* no boot device attached */
    lretw

    .org 0x18
    .word pci_data
    .word 0

    .balign 4
pci_data:
    .ascii "PCIR"
    .word 0x8086, 0x100e        /* vendor, device */
    .word 0                     /* no vital product data */
    .word 0x18                  /* length of this structure */
    .byte 0                     /* revision of this structure */
    .byte 0x00, 0x00, 0x02      /* class: Ethernet controller */
    .word 1                     /* length of the image: 1 x 512 bytes */
    .word 0                     /* revision of the code */
    .byte 0                     /* code type: PC-AT */
    .byte 0x80                  /* the last image */
    .word 0

    .org 512
