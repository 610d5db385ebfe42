# Builds $(OUT)/$(APPLICATION) of $(PARTS), which lie here, in $(EFI) and in $(PROBE), whichever has one first.
OUT ?= .
CC = clang
LD = lld-link

VPATH = $(EFI) $(PROBE)
# Interrupts of the firmware use the stack below its pointer, and there is no function that probes it.
CFLAGS = --target=x86_64-unknown-windows -std=gnu11 -Os -Wall -Wextra -Werror -ffreestanding -fshort-wchar \
  -mno-red-zone -mno-stack-arg-probe -mgeneral-regs-only -fno-stack-protector \
  -I. -I$(EFI) -I$(PROBE) -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(EFI)=efi -ffile-prefix-map=$(PROBE)=probe
LDFLAGS = /subsystem:efi_application /entry:efi_main /nodefaultlib /timestamp:0

OBJECTS = $(PARTS:%=$(OUT)/%.o)
HEADERS = $(wildcard *.h $(EFI)/*.h $(PROBE)/*.h)

$(OUT)/$(APPLICATION): $(OBJECTS)
	$(LD) $(LDFLAGS) /out:$@ $(OBJECTS)

$(OUT)/%.o: %.c $(HEADERS)
	$(CC) $(CFLAGS) -c -o $@ $<
