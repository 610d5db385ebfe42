import { drive, optionValue } from './drive.ts';

/** The machine that a UEFI boot is proved on. Paths are as QEMU sees them. */
export interface UefiMachine {
  readonly accelerator: 'tcg' | 'kvm';
  readonly cpu: string;
  readonly cpus: number;
  /** In MiB. */
  readonly memory: number;
  /** The folder with the other ROMs; absent: the one QEMU knows. */
  readonly roms?: string;
  /** The firmware's code, and an empty store for its variables; what it writes there is thrown away. */
  readonly code: string;
  readonly vars: string;
  /** Raw images of whole disks; writes to them are thrown away. The firmware tries the first one first. */
  readonly esp: string;
  readonly iso: string;
  /** A configuration file with the SMC in it (smcConfiguration). */
  readonly smc: string;
}

/** QEMU's arguments for a q35 with UEFI firmware, those disks alone and no network. */
export function uefiArguments(machine: UefiMachine): string[] {
  const flash = (unit: number, file: string, more: string): string[] => [
    '-drive',
    `if=pflash,unit=${unit},format=raw,${more},file=${optionValue(file)}`,
  ];
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot'],
    ...['-machine', 'q35', '-accel', machine.accelerator, '-cpu', machine.cpu],
    ...['-smp', String(machine.cpus), '-m', String(machine.memory), '-vga', 'std'],
    ...(machine.roms === undefined ? [] : ['-L', machine.roms]),
    ...flash(0, machine.code, 'readonly=on'),
    ...flash(1, machine.vars, 'snapshot=on'),
    ...['-smbios', 'type=2', '-readconfig', machine.smc],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
    ...drive('esp', machine.esp, 'raw', 'ide.0', 'cidermill-esp'),
    ...drive('iso', machine.iso, 'raw', 'ide.1', 'cidermill-iso'),
  ];
}
