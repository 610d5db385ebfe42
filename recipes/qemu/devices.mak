# The devices of our QEMU, on top of what the boards themselves cannot do without.

CONFIG_I440FX=y
CONFIG_Q35=y

# What OS X looks for.
CONFIG_APPLESMC=y
CONFIG_HPET=y

# The boards do not start without a parallel port and a serial line.
CONFIG_PARALLEL=y
CONFIG_SERIAL_ISA=y

# How a guest talks to the one who boots it: isa-debugcon, isa-debug-exit, pvpanic.
CONFIG_ISA_DEBUG=y
CONFIG_PVPANIC_ISA=y

CONFIG_AHCI_ICH9=y
CONFIG_IDE_PIIX=y
CONFIG_VIRTIO_BLK=y

CONFIG_USB_UHCI=y
CONFIG_USB_EHCI_PCI=y
CONFIG_USB_XHCI_PCI=y
CONFIG_USB_XHCI_NEC=y
CONFIG_USB_STORAGE_CLASSIC=y

# e1000, e1000-82544gc, e1000-82545em; q35 takes an e1000e when none is named.
CONFIG_E1000_PCI=y
CONFIG_E1000E_PCI_EXPRESS=y
CONFIG_VIRTIO_NET=y

CONFIG_VGA_PCI=y
CONFIG_VMWARE_VGA=y
CONFIG_HDA=y

CONFIG_VIRTIO_PCI=y
CONFIG_PCIE_PORT=y
CONFIG_I82801B11=y
