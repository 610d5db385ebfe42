#include "ahci.h"
#include "checks.h"
#include "memory.h"
#include "pci.h"
#include "report.h"
#include "volume.h"

/* The machine names its disks by serial number, so that a missing one is not mistaken for the other. */
#define DISK_SERIAL "cidermill-disk"
#define ISO_SERIAL "cidermill-iso"

enum { most_ports = 32 };

static bool find_disk(const char *serial, size_t length, struct disk *disk)
{
    for (uint8_t port = 0; port < most_ports; port++)
        if (ahci_identify(port, disk) && same(disk->serial, serial, length))
            return true;
    return false;
}

static void check_volume(const struct disk *iso)
{
    static struct volumes volumes;
    find_volumes(iso, &volumes);
    const struct volume *first = &volumes.list[0];
    if (volumes.count == 0)
        missing("volume", "%s, no HFS+ volume header", volumes.map);
    else
        seen("volume", "%s, %s at sector %llu, %u blocks of %u bytes", volumes.map, first->signature,
             first->first_sector, first->total_blocks, first->block_size);
}

void check_disks(void)
{
    struct disk disk;
    const struct pci_device *controller = ahci_start();
    if (controller == NULL) {
        missing("ahci", "no controller of class 01.06.01 among %u PCI devices", pci_device_count);
        missing("disk", "no controller to ask");
        missing("iso", "no controller to ask");
        missing("volume", "no controller to ask");
        return;
    }
    unsigned disks = 0;
    for (uint8_t port = 0; port < most_ports; port++)
        disks += ahci_identify(port, &disk);
    seen("ahci", "%04x:%04x at %02x:%02x.%u, %u with a disk", controller->vendor, controller->device, controller->bus,
         controller->slot, controller->function, disks);

    if (!find_disk(DISK_SERIAL, sizeof DISK_SERIAL, &disk))
        missing("disk", "no port has one with the serial number " DISK_SERIAL);
    else if (disk.sectors == 0)
        missing("disk", "port %u has one without sectors", disk.port);
    else
        seen("disk", "port %u, %llu sectors, %s", disk.port, disk.sectors, disk.model);

    if (find_disk(ISO_SERIAL, sizeof ISO_SERIAL, &disk)) {
        seen("iso", "port %u, %llu sectors, %s", disk.port, disk.sectors, disk.model);
        check_volume(&disk);
    } else {
        missing("iso", "no port has one with the serial number " ISO_SERIAL);
        missing("volume", "no ISO to read");
    }
}
