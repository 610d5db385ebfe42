import { describe, expect, it } from 'vitest';
import { uefiArguments } from '../../src/vm/index.ts';

describe('uefiArguments', () => {
  const args = uefiArguments({
    accelerator: 'tcg',
    cpu: 'core2duo',
    cpus: 2,
    memory: 1024,
    roms: 'share/qemu',
    code: 'OVMF_CODE.fd',
    vars: 'a,b.fd',
    esp: 'esp.img',
    iso: 'disc.iso',
    smc: 'smc.cfg',
  });

  it('makes the machine that the documentation shows', () => {
    expect(args.join(' ')).toBe(
      [
        '-nodefaults -no-user-config -no-reboot -machine q35 -accel tcg -cpu core2duo -smp 2 -m 1024 -vga std',
        '-L share/qemu -drive if=pflash,unit=0,format=raw,readonly=on,file=OVMF_CODE.fd',
        '-drive if=pflash,unit=1,format=raw,snapshot=on,file=a,,b.fd -smbios type=2 -readconfig smc.cfg',
        '-device isa-debug-exit,iobase=0xf4,iosize=4',
        '-drive if=none,id=esp,format=raw,snapshot=on,file=esp.img -device ide-hd,drive=esp,bus=ide.0,serial=cidermill-esp',
        '-drive if=none,id=iso,format=raw,snapshot=on,file=disc.iso -device ide-hd,drive=iso,bus=ide.1,serial=cidermill-iso',
      ].join(' '),
    );
  });

  it('opens whatever the guest may write to so that writes are thrown away', () => {
    const drives = args.filter((value) => value.startsWith('if='));
    expect(drives).toHaveLength(4);
    expect(drives.every((value) => /snapshot=on|readonly=on/.test(value))).toBe(true);
  });
});
