#pragma once
#include <stdint.h>

/*
 * What a loader hands to the kernel: boot_args of xnu's pexpert/i386/boot.h. All addresses are physical and below 4 GiB.
 * Version 2 is for OS X 10.7 and later (Darwin 11), version 1 revision 6 for 10.6 and before.
 */
enum { boot_line_length = 1024, first_darwin_with_version_2 = 11, first_darwin_with_wide_video = 16 };

/* mode is 0 for VGA text (the loader's own word), else a linear frame buffer. */
struct boot_video {
    uint32_t address, mode, row_bytes, width, height, depth;
};

/* What macOS 10.12 and later look at first: with an address of 64 bits. */
struct wide_boot_video {
    uint32_t mode, row_bytes, width, height, depth, reserved[7];
    uint64_t address;
} __attribute__((packed));

enum { video_vga_text = 0, video_graphics = 1, video_text = 2 };

struct boot_args {
    uint16_t revision, version;
    uint8_t efi_mode, debug_mode;
    uint16_t flags;
    char command_line[boot_line_length];
    uint32_t memory_map, memory_map_size, descriptor_size, descriptor_version;
    struct boot_video video;
    uint32_t device_tree, device_tree_length;
    uint32_t kernel_address, kernel_size;
    uint32_t runtime_page_start, runtime_page_count;
    uint64_t runtime_virtual_page_start;
    uint32_t efi_system_table, kernel_slide;
    uint32_t performance_data[2], key_store_data[2];
    uint64_t boot_memory[2], physical_memory_size, fsb_frequency, pci_config_base;
    uint32_t pci_config_buses[2];
    uint32_t csr_active_config, csr_capabilities, smc_power_limit;
    uint16_t progress_meter[2];
    struct wide_boot_video wide_video;
    uint32_t apfs_data[2];
    uint32_t reserved[710];
} __attribute__((packed));

_Static_assert(sizeof(struct boot_args) == 4096, "as xnu asserts");

struct boot_args_1 {
    uint16_t revision, version;
    char command_line[boot_line_length];
    uint32_t memory_map, memory_map_size, descriptor_size, descriptor_version;
    struct boot_video video;
    uint32_t device_tree, device_tree_length;
    uint32_t kernel_address, kernel_size;
    uint32_t runtime_page_start, runtime_page_count;
    uint32_t efi_system_table;
    uint8_t efi_mode, reserved_1[3];
    uint32_t reserved_2, performance_data[2];
    uint64_t runtime_virtual_page_start;
    uint32_t reserved_3[2];
} __attribute__((packed));

/* UEFI 2.9, 7.2: EFI_MEMORY_DESCRIPTOR. */
struct memory_descriptor {
    uint32_t type, pad;
    uint64_t physical_start, virtual_start, pages, attribute;
};

enum { memory_reserved = 0, memory_conventional = 7, memory_acpi_reclaim = 9, memory_acpi_nvs = 10, memory_types = 14 };

/* Apple's flattened device tree: a node, its properties, its children, each on a multiple of 4 bytes. */
struct tree_node {
    uint32_t properties, children;
};

struct tree_property {
    char name[32];
    uint32_t length;
};

/* UEFI 2.9, 4.2 and 4.3, as a 64-bit firmware has it. */
struct efi_system_table {
    char signature[8];
    uint32_t revision, header_size, crc32, reserved;
    uint64_t vendor;
    uint32_t firmware_revision, pad;
    uint64_t console[6], runtime_services, boot_services, tables, table_list;
} __attribute__((packed));

#define efi_signature "IBI SYST"
