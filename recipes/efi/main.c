#include "host.h"
#include "memory.h"

struct system_table *efi;
efi_handle self;

efi_status efi_main(efi_handle image, struct system_table *system)
{
    efi = system;
    self = image;
    /* The firmware resets the machine five minutes after it has started a program (7.5); a person may take longer. */
    efi->boot->set_watchdog_timer(0, 0, 0, NULL);
    return run();
}

void *protocol_of(efi_handle handle, const efi_guid *guid)
{
    void *interface = NULL;
    return efi->boot->handle_protocol(handle, guid, &interface) == efi_success ? interface : NULL;
}

efi_handle *handles_with(const efi_guid *guid, size_t *count)
{
    efi_handle *handles = NULL;
    uint64_t found = 0;
    if (efi->boot->locate_handle_buffer(by_protocol, guid, NULL, &found, &handles) != efi_success)
        handles = NULL;
    *count = handles ? found : 0;
    return handles;
}

const void *table_of(const efi_guid *guid)
{
    for (uint64_t i = 0; i < efi->table_count; i++)
        if (same(&efi->tables[i].guid, guid, sizeof *guid))
            return efi->tables[i].table;
    return NULL;
}

void *allocate(size_t size)
{
    void *memory = NULL;
    return efi->boot->allocate_pool(loader_data, size, &memory) == efi_success ? memory : NULL;
}

void release(void *memory)
{
    if (memory)
        efi->boot->free_pool(memory);
}

bool wait_for_key(unsigned seconds)
{
    enum { slice = 20000, slices_per_second = 1000000 / slice };
    uint16_t key[2];
    while (efi->input->read_key_stroke(efi->input, key) == efi_success)
        ;
    for (unsigned i = 0; seconds == 0 || i < seconds * slices_per_second; i++) {
        if (efi->input->read_key_stroke(efi->input, key) == efi_success)
            return true;
        efi->boot->stall(slice);
    }
    return false;
}

const char *ascii(char *to, size_t room, const uint16_t *text)
{
    size_t length = 0;
    for (; text && *text && length + 1 < room; text++)
        to[length++] = *text >= ' ' && *text <= '~' ? (char)*text : '?';
    to[length] = 0;
    return to;
}
