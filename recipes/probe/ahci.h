#pragma once
#include "disk.h"
#include <stdbool.h>

struct disk {
    /* 0..31, on the controller. */
    uint8_t port;
    uint64_t sectors;
    /* Each ended by a NUL, without the padding. */
    char model[41], serial[21];
};

/* Takes over the AHCI controller; null when there is none, else its ports' disks can be asked for. */
const struct pci_device *ahci_start(void);

/* The disk at a port; false when there is none or it does not answer. */
bool ahci_identify(uint8_t port, struct disk *disk);
