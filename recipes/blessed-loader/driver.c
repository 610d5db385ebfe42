#include "driver.h"
#include "files.h"
#include "report.h"

static const efi_guid loaded_image = LOADED_IMAGE, block_io = BLOCK_IO;
static const uint16_t path[] = u"\\EFI\\cidermill\\hfsplus.efi";

enum { largest_driver = 16 << 20 };

static struct fault start(struct content file)
{
    efi_handle driver = NULL;
    if (efi->boot->load_image(false, self, NULL, file.bytes, file.size, &driver) != efi_success)
        return (struct fault){"driver", "\\EFI\\cidermill\\hfsplus.efi is no driver that this firmware can load"};
    if (efi->boot->start_image(driver, NULL, NULL) != efi_success)
        return (struct fault){"driver", "\\EFI\\cidermill\\hfsplus.efi does not start"};
    return no_fault;
}

struct fault load_driver(void)
{
    const struct loaded_image *image = protocol_of(self, &loaded_image);
    struct file *root = image ? root_of(image->device) : NULL;
    if (root == NULL)
        return (struct fault){"driver", "the volume that this loader came from cannot be read"};
    struct content file = read_file(root, path, largest_driver);
    root->close(root);
    if (file.bytes == NULL) {
        say("  \\EFI\\cidermill\\hfsplus.efi: %s", file.fault);
        return (struct fault){"driver", "no HFS+ driver at \\EFI\\cidermill\\hfsplus.efi beside this loader"};
    }
    struct fault fault = start(file);
    if (fault.name == NULL) {
        size_t count;
        efi_handle *handles = handles_with(&block_io, &count);
        for (size_t i = 0; i < count; i++)
            efi->boot->connect_controller(handles[i], NULL, NULL, true);
        release(handles);
        seen("driver", "HFS+, %u bytes", (unsigned)file.size);
    }
    release(file.bytes);
    return fault;
}
