import { qemuFrom, type GuestMachine, type Reasoned } from './machine.ts';

/** What a machine is wired to: files, windows, the outside. Paths are as QEMU sees them. */
export interface Wiring {
  readonly start: Start;
  readonly disk: { readonly file: string; readonly format: string };
  /** An image of the installer's whole disk; nothing is written to it. */
  readonly iso?: string;
  /** Its format; raw where nothing is said. */
  readonly isoFormat?: 'raw' | 'qcow2';
  /** A folder that the guest sees as a FAT disk. */
  readonly share?: { readonly folder: string; readonly writable: boolean };
  /** A port of 127.0.0.1 that leads to the guest's port 22. */
  readonly sshPort?: number;
  /** A configuration file with the SMC and the user's key in it (smcConfiguration). */
  readonly smc: string;
  readonly display?: Display;
  readonly monitor: 'stdio' | 'none';
  /** Throw away what the guest writes. */
  readonly snapshot: boolean;
  /** Put at the end as they are. */
  readonly extra: readonly string[];
}

/** What starts the guest's system. */
export type Start =
  /** Chameleon's stage 2, by SeaBIOS: an image of it, or the one that QEMU brings. */
  | { readonly by: 'seabios'; readonly loader: string; readonly firmware?: string }
  /** The firmware's code, the guest's own store of its variables, and a disk with an EFI system partition. */
  | { readonly by: 'ovmf'; readonly code: string; readonly vars: string; readonly esp: string };

/** A window, VNC on a socket in a folder that only the user can enter or on a port of this host, or nothing. */
export type Display =
  { readonly kind: 'gtk' | 'vnc-tcp' | 'none' } | { readonly kind: 'vnc'; readonly socket: string };

/** One option of QEMU, its value with it, and why it is there. */
export interface QemuOption {
  readonly args: readonly string[];
  readonly why: string;
}

/** QEMU's options for a machine, in the order of the command lines that the OSXKVM page has. */
export function qemuOptions(machine: GuestMachine, wiring: Wiring): QemuOption[] {
  const { situation } = machine;
  return [
    ...acceleratorOptions(machine),
    option(['-m', String(situation.memory)], 'memory in MiB'),
    option(
      ['-cpu', joined(machine.cpu, machine.cpuOptions)],
      because(machine.cpuOptions, machine.cpu, 'a CPU that every release from 10.6 on knows'),
    ),
    ...topologyOptions(machine),
    option(
      ['-machine', machineValue(machine)],
      because(machine.typeOptions, undefined, chipset[situation.machine]),
    ),
    ...firmwareOptions(wiring.start),
    option(['-usb'], 'a USB controller, for the next two'),
    option(['-device', 'usb-kbd'], 'OS X has no driver for a PS/2 keyboard'),
    option(['-device', 'usb-mouse'], 'nor for a PS/2 mouse'),
    option(['-readconfig', wiring.smc], 'isa-applesmc with your key, which stays out of the process list'),
    ...(wiring.start.by === 'seabios'
      ? [
          option(
            ['-kernel', wiring.start.loader],
            'the loader, which stands between SeaBIOS and the EFI that OS X expects',
          ),
        ]
      : []),
    ...(machine.smbios === undefined
      ? []
      : [option(['-smbios', machine.smbios.value], because(machine.smbios))]),
    ...(machine.type === 'pc' ? [option(['-device', 'ahci,id=ide'], 'PIIX has no AHCI of its own')] : []),
    ...driveOptions(machine, wiring),
    ...networkOptions(machine, wiring),
    ...displayOptions(wiring),
    option(
      ['-monitor', wiring.monitor],
      wiring.monitor === 'stdio' ? "QEMU's monitor on this terminal" : 'no terminal for a monitor',
    ),
    ...(wiring.snapshot ? [option(['-snapshot'], 'what the guest writes is thrown away')] : []),
    ...extraOptions(wiring.extra),
  ];
}

const chipset = {
  q35: 'the chipset of the Macs these releases were made for, with AHCI',
  piix: 'the older chipset',
} as const;

function acceleratorOptions(machine: GuestMachine): QemuOption[] {
  if (machine.situation.accel === 'kvm') return [option(['-enable-kvm'], "the host's CPU runs the guest")];
  if (!qemuFrom(machine, '2.9')) return [];
  return [option(['-accel', 'tcg'], 'QEMU translates what the guest executes: slow, on any host')];
}

function firmwareOptions(start: Start): QemuOption[] {
  if (start.by === 'seabios')
    return start.firmware === undefined ? [] : [option(['-bios', start.firmware], 'SeaBIOS')];
  const flash = (unit: number, readonly: string, file: string): string[] => [
    '-drive',
    `if=pflash,unit=${unit},format=raw,readonly=${readonly},file=${optionValue(file)}`,
  ];
  return [
    option(flash(0, 'on', start.code), 'OVMF, UEFI firmware'),
    option(flash(1, 'off', start.vars), 'its variables, which the guest changes'),
  ];
}

function machineValue(machine: GuestMachine): string {
  const accelerator = machine.situation.accel === 'tcg' && !qemuFrom(machine, '2.9') ? ',accel=tcg' : '';
  const options = machine.typeOptions === undefined ? '' : `,${machine.typeOptions.value}`;
  return `${machine.type}${accelerator}${options}`;
}

function topologyOptions({ situation, topology }: GuestMachine): QemuOption[] {
  if (topology === undefined) return [];
  return [
    option(
      ['-smp', `${situation.cpus},cores=${topology.cores}`],
      `${situation.cpus} CPUs in ${topology.sockets === 1 ? 'a socket' : `${topology.sockets} sockets`}`,
    ),
  ];
}

function driveOptions(
  { diskDevice, buses }: GuestMachine,
  { start, disk, iso, isoFormat = 'raw', share }: Wiring,
): QemuOption[] {
  const device = (bus: number, drive: string): string[] => [
    '-device',
    `${diskDevice.value},bus=ide.${bus},drive=${drive}`,
  ];
  const drive = (value: string, file: string): string[] => ['-drive', `${value}${optionValue(file)}`];
  const onAhci = because(diskDevice, undefined, 'on AHCI');
  return [
    ...(start.by === 'seabios'
      ? []
      : [
          option(device(buses.esp, 'ESP,bootindex=0'), 'the firmware starts from here'),
          option(drive('id=ESP,if=none,format=raw,file=', start.esp), 'the EFI system partition'),
        ]),
    option(device(buses.disk, 'MacHDD'), onAhci),
    option(drive(`id=MacHDD,if=none,format=${disk.format},file=`, disk.file), "the guest's disk"),
    ...(iso === undefined
      ? []
      : [
          option(device(buses.iso, 'MacDVD'), 'the image is one of a disk, in sectors of 512 bytes'),
          option(
            drive(`id=MacDVD,if=none,snapshot=on,format=${isoFormat},file=`, iso),
            'the installer, left as it is',
          ),
        ]),
    ...(share === undefined
      ? []
      : [
          option(device(buses.share, 'Share'), onAhci),
          share.writable
            ? option(
                drive('id=Share,if=none,format=raw,file=fat:rw:', share.folder),
                'a folder as a FAT disk; the guest writes into it',
              )
            : // QEMU refuses a read-only vvfat as such a disk, so a snapshot takes what is written.
              option(
                drive('id=Share,if=none,snapshot=on,format=raw,file=fat:', share.folder),
                'a folder as a FAT disk; what the guest writes is dropped',
              ),
        ]),
  ];
}

function networkOptions({ nic }: GuestMachine, { sshPort }: Wiring): QemuOption[] {
  if (nic === undefined) return [option(['-net', 'none'], 'no network card')];
  const address = nic.address === undefined ? '' : `,${nic.address.value}`;
  return [
    sshPort === undefined
      ? option(['-netdev', 'user,id=hub0port0'], "a network behind QEMU's own router: no root needed")
      : option(
          ['-netdev', `user,id=hub0port0,hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
          `a network behind QEMU's own router; port ${sshPort} of this host alone leads to the guest's SSH`,
        ),
    option(
      ['-device', `${nic.model},netdev=hub0port0,id=mac_vnet0${address}`],
      because(
        nic.address,
        undefined,
        nic.model === 'virtio-net-pci'
          ? 'fast, with a driver in the guest'
          : 'a card that OS X has a driver for',
      ),
    ),
  ];
}

/** An option that takes a value is shown with it. */
function extraOptions(extra: readonly string[]): QemuOption[] {
  const groups: string[][] = [];
  for (const argument of extra) {
    const last = groups.at(-1);
    if (last?.length === 1 && !argument.startsWith('-')) last.push(argument);
    else groups.push([argument]);
  }
  return groups.map((args) => option(args, 'given after --'));
}

function displayOptions({ display }: Wiring): QemuOption[] {
  if (display === undefined) return [];
  switch (display.kind) {
    case 'gtk':
      return [option(['-display', 'gtk'], 'a window')];
    case 'vnc':
      return [
        option(
          ['-display', `vnc=unix:${optionValue(display.socket)}`],
          'VNC on a socket in a folder that only you can enter',
        ),
      ];
    case 'vnc-tcp':
      return [
        option(
          ['-display', 'vnc=127.0.0.1:0,to=99'],
          'VNC on port 5900 or the next free one, without a password: for all users of this host',
        ),
      ];
    case 'none':
      return [option(['-display', 'none'], 'no window')];
  }
}

function option(args: readonly string[], why: string): QemuOption {
  return { args, why };
}

function joined(value: Reasoned, options: Reasoned | undefined): string {
  return options === undefined ? value.value : `${value.value},${options.value}`;
}

/** The sentence of the first fact there is, or what is said without one. */
function because(first: Reasoned | undefined, second?: Reasoned, otherwise = ''): string {
  return (first?.fact ?? second?.fact)?.says ?? otherwise;
}

/** QEMU ends an option's value at a comma unless there are two. */
function optionValue(value: string): string {
  return value.replaceAll(',', ',,');
}
