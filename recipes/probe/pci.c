#include "pci.h"
#include "io.h"

/* PCI Local Bus Specification 3.0, 3.2.2.3.2 (configuration mechanism #1) and 6.1 (header). */
enum { config_address = 0xcf8, config_data = 0xcfc };
enum { id = 0x00, command = 0x04, class_revision = 0x08, header = 0x0c, first_bar = 0x10, interrupt = 0x3c };

struct pci_device pci_devices[pci_most_devices];
unsigned pci_device_count;

static void select(unsigned bus, unsigned slot, unsigned function, unsigned offset)
{
    out32(config_address, 1u << 31 | bus << 16 | slot << 11 | function << 8 | offset);
}

static uint32_t config(unsigned bus, unsigned slot, unsigned function, unsigned offset)
{
    select(bus, slot, function, offset);
    return in32(config_data);
}

/* False when nothing is there. */
static bool add(unsigned bus, unsigned slot, unsigned function)
{
    uint32_t ids = config(bus, slot, function, id);
    if ((ids & 0xffff) == 0xffff || pci_device_count == pci_most_devices)
        return false;
    uint32_t irq = config(bus, slot, function, interrupt);
    pci_devices[pci_device_count++] = (struct pci_device){
        .bus = (uint8_t)bus,
        .slot = (uint8_t)slot,
        .function = (uint8_t)function,
        .vendor = (uint16_t)ids,
        .device = (uint16_t)(ids >> 16),
        .class_code = config(bus, slot, function, class_revision) >> 8,
        .interrupt_line = (uint8_t)irq,
        .interrupt_pin = (uint8_t)(irq >> 8),
    };
    return true;
}

void pci_scan(void)
{
    pci_device_count = 0;
    for (unsigned bus = 0; bus < 256; bus++)
        for (unsigned slot = 0; slot < 32; slot++) {
            if (!add(bus, slot, 0) || !(config(bus, slot, 0, header) >> 16 & 0x80))
                continue;
            for (unsigned function = 1; function < 8; function++)
                add(bus, slot, function);
        }
}

uint32_t pci_memory_bar(const struct pci_device *device, unsigned bar)
{
    uint32_t value = config(device->bus, device->slot, device->function, first_bar + 4 * bar);
    return value & 1 ? 0 : value & ~0xfu;
}

void pci_enable(const struct pci_device *device)
{
    uint32_t value = config(device->bus, device->slot, device->function, command);
    select(device->bus, device->slot, device->function, command);
    /* Bit 1: memory space, bit 2: bus master. The status half is write-1-to-clear: 0 leaves it. */
    out32(config_data, (value & 0xffff) | 0x6);
}
