#pragma once
#include <stdint.h>

/*
 * Of the UEFI Specification 2.9 what our programs call, with its names in small letters. Members that nothing here uses
 * keep their place as `unused` pointers. clang's target x86_64-unknown-windows has the calling convention (2.3.4.2).
 */
typedef uint64_t efi_status;
typedef void *efi_handle;
typedef void *unused;

enum { efi_success = 0 };
#define EFI_ERROR(code) (1ull << 63 | (code))
#define efi_load_error EFI_ERROR(1)
#define efi_not_ready EFI_ERROR(6)

typedef struct {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
} efi_guid;

/* 12.4 */
struct text_output {
    unused reset;
    efi_status (*output_string)(struct text_output *, const uint16_t *text);
    unused test_string, query_mode, set_mode;
    efi_status (*set_attribute)(struct text_output *, uint64_t attribute);
    efi_status (*clear_screen)(struct text_output *);
};

/* 12.3 */
struct text_input {
    unused reset;
    efi_status (*read_key_stroke)(struct text_input *, uint16_t key[2]);
};

/* 7 */
struct boot_services {
    uint8_t header[24];
    unused raise_tpl, restore_tpl;
    unused allocate_pages, free_pages;
    efi_status (*get_memory_map)(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size, uint32_t *version);
    efi_status (*allocate_pool)(uint32_t type, uint64_t size, void **buffer);
    efi_status (*free_pool)(void *buffer);
    unused create_event, set_timer, wait_for_event, signal_event, close_event, check_event;
    unused install_protocol_interface, reinstall_protocol_interface, uninstall_protocol_interface;
    efi_status (*handle_protocol)(efi_handle, const efi_guid *, void **interface);
    unused reserved, register_protocol_notify, locate_handle, locate_device_path, install_configuration_table;
    efi_status (*load_image)(uint8_t boot_policy, efi_handle parent, const void *device_path, const void *source,
                             uint64_t source_size, efi_handle *image);
    efi_status (*start_image)(efi_handle image, uint64_t *exit_data_size, uint16_t **exit_data);
    unused exit;
    efi_status (*unload_image)(efi_handle image);
    unused exit_boot_services, get_next_monotonic_count;
    efi_status (*stall)(uint64_t microseconds);
    efi_status (*set_watchdog_timer)(uint64_t seconds, uint64_t code, uint64_t size, const uint16_t *data);
    efi_status (*connect_controller)(efi_handle controller, efi_handle *drivers, const void *remaining_path,
                                     uint8_t recursive);
    unused disconnect_controller, open_protocol, close_protocol, open_protocol_information, protocols_per_handle;
    efi_status (*locate_handle_buffer)(uint32_t search_type, const efi_guid *, const void *key, uint64_t *count,
                                       efi_handle **handles);
    efi_status (*locate_protocol)(const efi_guid *, const void *registration, void **interface);
};
enum { loader_data = 2, by_protocol = 2 };

/* 4.6 */
struct configuration_table {
    efi_guid guid;
    const void *table;
};

/* 4.3 */
struct system_table {
    uint8_t signature[8];
    uint32_t revision;
    uint8_t header[12];
    const uint16_t *firmware_vendor;
    uint32_t firmware_revision;
    efi_handle input_handle;
    struct text_input *input;
    efi_handle output_handle;
    struct text_output *output;
    efi_handle error_handle;
    struct text_output *error;
    unused runtime_services;
    struct boot_services *boot;
    uint64_t table_count;
    const struct configuration_table *tables;
};

/* 9.1 */
#define LOADED_IMAGE {0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
struct loaded_image {
    uint32_t revision;
    efi_handle parent;
    struct system_table *system;
    efi_handle device;
    const uint8_t *file_path;
};

/* 10.2 and 10.6.2 */
#define DEVICE_PATH {0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define DEVICE_PATH_TO_TEXT {0x8b843e20, 0x8132, 0x4852, {0x90, 0xcc, 0x55, 0x1a, 0x4e, 0x4a, 0x7f, 0x1c}}
struct device_path_to_text {
    unused node_to_text;
    uint16_t *(*path_to_text)(const void *path, uint8_t display_only, uint8_t shortcuts);
};

/* 12.9 */
#define GRAPHICS_OUTPUT {0x9042a9de, 0x23dc, 0x4a38, {0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a}}
struct graphics_output {
    unused query_mode, set_mode, blt;
    struct {
        uint32_t modes, mode;
        const struct {
            uint32_t version, width, height, format, masks[4], pixels_per_line;
        } *info;
        uint64_t info_size, frame_buffer, frame_buffer_size;
    } *mode;
};

/* 13.4 and 13.5 */
#define SIMPLE_FILE_SYSTEM {0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define FILE_INFO {0x09576e92, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define FILE_SYSTEM_INFO {0x09576e93, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
struct file {
    uint64_t revision;
    efi_status (*open)(struct file *, struct file **opened, const uint16_t *path, uint64_t mode, uint64_t attributes);
    efi_status (*close)(struct file *);
    unused delete;
    efi_status (*read)(struct file *, uint64_t *size, void *buffer);
    unused write, get_position, set_position;
    efi_status (*get_info)(struct file *, const efi_guid *, uint64_t *size, void *buffer);
};
struct simple_file_system {
    uint64_t revision;
    efi_status (*open_volume)(struct simple_file_system *, struct file **root);
};
enum { mode_read = 1, file_directory = 0x10 };

/* 13.9 */
#define BLOCK_IO {0x964e5b21, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
struct block_io {
    uint64_t revision;
    const struct {
        uint32_t id;
        uint8_t removable, present, logical_partition, read_only, write_caching;
        uint32_t block_size, io_align;
        uint64_t last_block;
    } *media;
    unused reset;
    efi_status (*read_blocks)(struct block_io *, uint32_t media, uint64_t block, uint64_t size, void *buffer);
};
