#include "checks.h"
#include "power.h"
#include "report.h"

extern const uint32_t exception_stubs[32];

/* Interrupt gate, Intel SDM volume 3, figure 6-2. */
struct gate {
    uint16_t offset_low, selector;
    uint8_t zero, kind;
    uint16_t offset_high;
};

static struct gate gates[32];

void catch_faults(void)
{
    uint16_t code_segment;
    asm("mov %%cs, %0" : "=r"(code_segment));
    for (int i = 0; i < 32; i++)
        gates[i] = (struct gate){
            .offset_low = (uint16_t)exception_stubs[i],
            .selector = code_segment,
            .kind = 0x8e,
            .offset_high = (uint16_t)(exception_stubs[i] >> 16),
        };
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) table = {sizeof gates - 1, (uint32_t)gates};
    asm volatile("lidt %0" : : "m"(table));
}

/* Called by start.S. A second one, while the first is told, ends the machine without a word. */
void fault(uint32_t vector, uint32_t code, uint32_t address)
{
    static int faults;
    if (faults++ == 0)
        say("fault: exception %u, code %x, at %08x", vector, code, address);
    end_machine(exit_fault);
}
