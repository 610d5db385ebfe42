#pragma once
#include <stdbool.h>
#include <stdint.h>

struct pci_device {
    uint8_t bus, slot, function;
    uint16_t vendor, device;
    /* Class, subclass and programming interface: 0x010601 is AHCI. */
    uint32_t class_code;
    /* The line the firmware routed it to; meaningful when the pin is not 0. */
    uint8_t interrupt_line, interrupt_pin;
};

enum { pci_most_devices = 64 };
extern struct pci_device pci_devices[pci_most_devices];
extern unsigned pci_device_count;

void pci_scan(void);

/* Base address register 0..5 of a memory BAR below 4 GiB; 0 when it is none. */
uint32_t pci_memory_bar(const struct pci_device *device, unsigned bar);

/* Lets the device answer at its BARs and reach memory by itself. */
void pci_enable(const struct pci_device *device);
