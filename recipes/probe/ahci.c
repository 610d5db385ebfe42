#include "ahci.h"
#include "clock.h"
#include "memory.h"
#include "pci.h"

/* Serial ATA AHCI 1.3.1: 3.1 (controller), 3.3 (port), 4.2 (structures). Offsets count 32-bit registers. */
enum { ghc = 0x04 / 4, implemented = 0x0c / 4, first_port = 0x100 / 4, port_size = 0x80 / 4 };
enum { clb = 0, clbu, fb, fbu, is, ie, cmd, tfd = 8, sig, ssts, sctl, serr, sact, ci };
enum { cmd_start = 1 << 0, cmd_fis_receive = 1 << 4, cmd_fis_running = 1 << 14, cmd_running = 1 << 15 };
enum { is_task_file_error = 1 << 30, tfd_error = 1, tfd_request = 1 << 3, tfd_busy = 1 << 7 };
enum { ghc_enable = 1u << 31, ssts_present = 3, sig_disk = 0x00000101, abar = 5, class_ahci = 0x010601 };

/* ATA8-ACS: 7.16 and 7.24. */
enum { identify_device = 0xec, read_dma_ext = 0x25, lba_mode = 0x40 };
enum { most_sectors = 16 };
enum { word_serial = 10, word_model = 27, word_lba28 = 60, word_features = 83, word_lba48 = 100 };

struct command_header {
    uint16_t flags, regions;
    volatile uint32_t transferred;
    uint32_t table, table_high, reserved[4];
};

struct command_table {
    uint8_t fis[64], atapi[16], reserved[48];
    uint32_t data, data_high, zero, size_minus_one;
};

static struct command_header headers[32] __attribute__((aligned(1024)));
static uint8_t received[256] __attribute__((aligned(256)));
static struct command_table table __attribute__((aligned(128)));
static uint8_t buffer[sector_size * most_sectors] __attribute__((aligned(4096)));

static volatile uint32_t *registers;

static volatile uint32_t *port_registers(uint8_t port) { return registers + first_port + port * port_size; }

static bool clears(volatile uint32_t *reg, uint32_t bits)
{
    struct deadline deadline = milliseconds(500);
    do {
        if (!(*reg & bits))
            return true;
    } while (!expired(&deadline));
    return false;
}

const struct pci_device *ahci_start(void)
{
    for (unsigned i = 0; i < pci_device_count; i++) {
        if (pci_devices[i].class_code != class_ahci)
            continue;
        uint32_t bar = pci_memory_bar(&pci_devices[i], abar);
        if (bar == 0)
            continue;
        pci_enable(&pci_devices[i]);
        registers = (volatile uint32_t *)(uintptr_t)bar;
        registers[ghc] = registers[ghc] | ghc_enable;
        return &pci_devices[i];
    }
    return NULL;
}

/* The firmware may have left the port running with structures of its own: stop it, then give it ours (10.3). */
static bool prepare(volatile uint32_t *port)
{
    port[cmd] = port[cmd] & ~(uint32_t)cmd_start;
    if (!clears(&port[cmd], cmd_running))
        return false;
    port[cmd] = port[cmd] & ~(uint32_t)cmd_fis_receive;
    if (!clears(&port[cmd], cmd_fis_running))
        return false;
    port[clb] = (uint32_t)headers;
    port[clbu] = 0;
    port[fb] = (uint32_t)received;
    port[fbu] = 0;
    port[serr] = ~0u;
    port[is] = ~0u;
    port[cmd] = port[cmd] | cmd_fis_receive;
    if (!clears(&port[tfd], tfd_busy | tfd_request))
        return false;
    port[cmd] = port[cmd] | cmd_start;
    return true;
}

/* Runs one command in slot 0 that reads `length` bytes into the buffer. */
static bool run(volatile uint32_t *port, uint8_t command, uint64_t sector, uint16_t count, uint32_t length)
{
    if (!prepare(port))
        return false;
    memset(headers, 0, sizeof headers);
    memset(&table, 0, sizeof table);
    memset(buffer, 0, sizeof buffer);
    headers[0].flags = 5; /* the FIS has 5 words */
    headers[0].regions = 1;
    headers[0].table = (uint32_t)&table;
    table.data = (uint32_t)buffer;
    table.size_minus_one = length - 1;

    /* Register FIS, host to device (Serial ATA 3.0, 10.3.4). */
    uint8_t *fis = table.fis;
    fis[0] = 0x27;
    fis[1] = 0x80;
    fis[2] = command;
    for (int i = 0; i < 3; i++) {
        fis[4 + i] = (uint8_t)(sector >> 8 * i);
        fis[8 + i] = (uint8_t)(sector >> (24 + 8 * i));
    }
    fis[7] = lba_mode;
    fis[12] = (uint8_t)count;
    fis[13] = (uint8_t)(count >> 8);

    asm volatile("" ::: "memory");
    port[ci] = 1;
    struct deadline deadline = milliseconds(5000);
    while (port[ci] & 1)
        if (port[is] & is_task_file_error || expired(&deadline))
            return false;
    asm volatile("" ::: "memory");
    return !(port[tfd] & (tfd_error | tfd_busy | tfd_request)) && headers[0].transferred == length;
}

/* ATA strings hold two characters a word, the first in the high byte, padded by spaces. */
static void copy_string(char *to, int word, int words)
{
    int length = 2 * words;
    for (int i = 0; i < length; i++)
        to[i] = (char)buffer[2 * word + (i ^ 1)];
    while (length > 0 && (to[length - 1] == ' ' || to[length - 1] == 0))
        length--;
    to[length] = 0;
}

bool ahci_identify(uint8_t port, struct disk *disk)
{
    volatile uint32_t *regs = port_registers(port);
    if (!(registers[implemented] >> port & 1) || (regs[ssts] & 0xf) != ssts_present || regs[sig] != sig_disk)
        return false;
    if (!run(regs, identify_device, 0, 0, sector_size))
        return false;
    bool lba48 = le16(buffer + 2 * word_features) >> 10 & 1;
    disk->port = port;
    disk->sectors = lba48 ? le64(buffer + 2 * word_lba48) : le32(buffer + 2 * word_lba28);
    copy_string(disk->serial, word_serial, 10);
    copy_string(disk->model, word_model, 20);
    return true;
}

uint64_t disk_sectors(const struct disk *disk) { return disk->sectors; }

const uint8_t *disk_read(const struct disk *disk, uint64_t sector, uint16_t count)
{
    if (count > most_sectors || sector >= disk->sectors || count > disk->sectors - sector)
        return NULL;
    if (!run(port_registers(disk->port), read_dma_ext, sector, count, count * sector_size))
        return NULL;
    return buffer;
}
