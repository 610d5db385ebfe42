import { describe, expect, it } from 'vitest';
import { smcConfiguration, smokeArguments, type SmokeMachine } from '../../src/vm/index.ts';
import { testOsk } from './guests.ts';

const machine: SmokeMachine = {
  machine: 'q35',
  accelerator: 'tcg',
  cpu: 'core2duo',
  cpus: 2,
  memory: 1024,
  firmware: 'bios.bin',
  roms: 'share/qemu',
  kernel: 'probe.elf',
  disk: 'disk.qcow2',
  iso: 'a,b.iso',
  smc: 'smc.cfg',
};

describe('smokeArguments', () => {
  it('makes the machine that the documentation shows', () => {
    expect(smokeArguments(machine).join(' ')).toBe(
      [
        '-nodefaults -no-user-config -no-reboot -machine q35 -accel tcg -cpu core2duo -smp 2 -m 1024 -vga std',
        '-L share/qemu -bios bios.bin -kernel probe.elf -smbios type=2 -readconfig smc.cfg',
        '-device isa-debug-exit,iobase=0xf4,iosize=4',
        '-drive if=none,id=iso,format=raw,snapshot=on,file=a,,b.iso -device ide-hd,drive=iso,bus=ide.0,serial=cidermill-iso',
        '-drive if=none,id=disk,format=qcow2,snapshot=on,file=disk.qcow2',
        '-device ide-hd,drive=disk,bus=ide.2,serial=cidermill-disk',
        '-netdev user,id=net -device e1000-82545em,netdev=net,romfile=',
      ].join(' '),
    );
  });

  it('opens every image so that writes to it are thrown away', () => {
    const drives = smokeArguments(machine).filter((value) => value.startsWith('if=none'));
    expect(drives).toHaveLength(2);
    expect(drives.every((value) => value.includes('snapshot=on'))).toBe(true);
  });

  it('gives a pc an AHCI controller and hangs the disks on it', () => {
    const text = smokeArguments({ ...machine, machine: 'pc' }).join(' ');
    expect(text).toContain('ahci,id=ahci,bus=pci.0');
    expect(text).toContain('bus=ahci.0');
    expect(text).not.toContain('bus=ide.');
  });
});

describe('smcConfiguration', () => {
  it('is a device section for -readconfig', () => {
    expect(smcConfiguration(testOsk)).toBe(
      `[device "smc"]\n  driver = "isa-applesmc"\n  osk = "${testOsk}"\n`,
    );
  });

  it.each([
    ['is too short', 'secret'],
    ['is too long', 'x'.repeat(65)],
    ['holds a quotation mark', `${'secret'.repeat(10)}abc"`],
    ['holds a line feed', `${'secret'.repeat(10)}abc\n`],
  ])('refuses an OSK that %s without showing it', (_what, osk) => {
    expect(() => smcConfiguration(osk)).toThrow(/^the OSK has \d+ characters(?!.*secret)/);
  });
});
