#include "checks.h"
#include "pci.h"
#include "report.h"

static const struct {
    uint16_t vendor, device;
    const char *name;
} models[] = {
    {0x8086, 0x100e, "e1000 82540em"}, {0x8086, 0x100f, "e1000 82545em"}, {0x8086, 0x1004, "e1000 82544gc"},
    {0x8086, 0x10d3, "e1000 82574l"},  {0x1af4, 0x1000, "virtio-net"},
};

static const char *model_of(const struct pci_device *device)
{
    for (unsigned i = 0; i < sizeof models / sizeof *models; i++)
        if (device->vendor == models[i].vendor && device->device == models[i].device)
            return models[i].name;
    return 0;
}

/* Drivers of OS X have trouble with a card that shares its line: name the first that does, count the others. */
static void report(const struct pci_device *card, const char *model)
{
    const struct pci_device *other = 0;
    unsigned others = 0;
    for (unsigned i = 0; i < pci_device_count; i++) {
        const struct pci_device *device = &pci_devices[i];
        if (device == card || device->interrupt_pin == 0 || device->interrupt_line != card->interrupt_line)
            continue;
        if (others++ == 0)
            other = device;
    }
    if (other == 0)
        seen("nic", "%s at %02x:%02x.%u, irq %u, shared with none", model, card->bus, card->slot,
             card->function, card->interrupt_line);
    else
        seen("nic", "%s at %02x:%02x.%u, irq %u, shared with %04x:%04x and %u more", model, card->bus, card->slot,
             card->function, card->interrupt_line, other->vendor, other->device, others - 1);
}

void check_network(void)
{
    for (unsigned i = 0; i < pci_device_count; i++) {
        const char *model = model_of(&pci_devices[i]);
        if (model) {
            report(&pci_devices[i], model);
            return;
        }
    }
    missing("nic", "no e1000 and no virtio-net among %u PCI devices", pci_device_count);
}
