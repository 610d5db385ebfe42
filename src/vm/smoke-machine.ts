import { Failure } from '../base/index.ts';
import { drive } from './drive.ts';

/** The machine that the probe looks at. Paths are as QEMU sees them. */
export interface SmokeMachine {
  /** 'pc' has no AHCI of its own and gets one. */
  readonly machine: 'q35' | 'pc';
  readonly accelerator: 'tcg' | 'kvm';
  readonly cpu: string;
  readonly cpus: number;
  /** In MiB. */
  readonly memory: number;
  /** The firmware image; absent: the one QEMU brings. */
  readonly firmware?: string;
  /** The folder with the other ROMs (VGA, multiboot loader); absent: the one QEMU knows. */
  readonly roms?: string;
  /** A multiboot kernel. */
  readonly kernel: string;
  /** A qcow2 image; writes to it are thrown away. */
  readonly disk: string;
  /** A raw image of a whole disk, read as one; writes to it are thrown away. */
  readonly iso: string;
  /** A configuration file with the SMC in it (smcConfiguration), which keeps the OSK out of the process list. */
  readonly smc: string;
}

/** By these the probe knows the disks (recipes/probe/disks.c). */
const diskSerial = 'cidermill-disk';
const isoSerial = 'cidermill-iso';

/** QEMU's arguments for the smoke machine, one option and its value after the other. */
export function smokeArguments(machine: SmokeMachine): string[] {
  // q35's own controller has the buses ide.0 to ide.5.
  const bus = machine.machine === 'q35' ? 'ide' : 'ahci';
  return [
    // Nothing but what is named here, and no configuration of the user's.
    ...['-nodefaults', '-no-user-config', '-no-reboot'],
    ...['-machine', machine.machine, '-accel', machine.accelerator, '-cpu', machine.cpu],
    ...['-smp', String(machine.cpus), '-m', String(machine.memory), '-vga', 'std'],
    ...(machine.roms === undefined ? [] : ['-L', machine.roms]),
    ...(machine.firmware === undefined ? [] : ['-bios', machine.firmware]),
    ...['-kernel', machine.kernel, '-smbios', 'type=2', '-readconfig', machine.smc],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
    ...(machine.machine === 'pc' ? ['-device', 'ahci,id=ahci,bus=pci.0,addr=5'] : []),
    ...drive('iso', machine.iso, 'raw', `${bus}.0`, isoSerial),
    ...drive('disk', machine.disk, 'qcow2', `${bus}.2`, diskSerial),
    // Without a boot ROM: it would only slow the firmware down.
    ...['-netdev', 'user,id=net', '-device', 'e1000-82545em,netdev=net,romfile='],
  ];
}

/**
 * A -readconfig file that gives the machine an AppleSMC with that OSK.
 * @throws Failure 'bad-osk' when it has not 64 printable characters; its text is not in the message
 */
export function smcConfiguration(osk: string): string {
  // QEMU's config reader ends a value at the quote and knows no escape.
  if (!/^[\x20-\x7e]{64}$/.test(osk) || osk.includes('"')) {
    throw new Failure('bad-osk', `the OSK has ${osk.length} characters, or characters that no key has`, {
      hint: 'It is 64 printable ASCII characters without a quotation mark.',
    });
  }
  return `[device "smc"]\n  driver = "isa-applesmc"\n  osk = "${osk}"\n`;
}
